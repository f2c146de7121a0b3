"""What all tests need of the process that runs them."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """A shell starts what runs in the background, or under nohup, with signals ignored; children inherit that.

    Then a command under test would not hear the signal that a test sends it.
    """
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a test, or a command that it runs, sets up for logging ends with it."""
    root, serve = logging.getLogger(), logging.getLogger("ray.serve")
    handlers, filters = list(root.handlers), list(serve.filters)
    ours = [logging.getLogger(name) for name in ("medreward", "medreward_trainer")]
    levels = [logger.level for logger in ours]
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers, serve.filters = handlers, filters
    for logger, level in zip(ours, levels, strict=True):
        logger.setLevel(level)
