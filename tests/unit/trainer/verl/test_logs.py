from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from medreward_trainer.verl.logs import NAME, show_logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    ours = logging.getLogger(NAME)
    before = (ours.handlers, ours.level, ours.propagate)
    yield
    ours.handlers, ours.level, ours.propagate = before


def test_our_lines_are_seen_after_a_library_switched_loggers_off(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger(f"{NAME}.verl.outage")
    logger.disabled = True
    show_logs()
    show_logs()  # once more does not double them
    logger.warning("waiting for the rewards")
    assert capsys.readouterr().err.count("medreward: waiting for the rewards") == 1
