"""A checkpoint for all."""

from __future__ import annotations

import pytest

from medreward.scorer.checkpoint import Checkpoint

from . import made


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return made.checkpoint(tmp_path_factory.mktemp("tiny"))
