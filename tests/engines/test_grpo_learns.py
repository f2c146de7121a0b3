"""GRPO on the CPU teaches a tiny model an answer, with rewards from the served cluster by a recipe of a user's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from statistics import mean

import pytest

from tests.engines import learning
from tests.open_questions import DATA, NO_DATA

pytestmark = [
    pytest.mark.skipif(not DATA, reason=NO_DATA),
    pytest.mark.skipif(importlib.util.find_spec("verl") is None, reason="verl is not installed"),
]
STEPS = 15
ENDS = 5
RISE = 0.2


def test_the_mean_reward_rises_clearly(tmp_path: Path) -> None:
    assert DATA
    curve = learning.train(tmp_path / "run", Path(DATA), STEPS)
    told = " ".join(f"{reward:.2f}" for reward in curve.rewards)
    assert len(curve.rewards) == STEPS
    assert mean(curve.rewards[:ENDS]) < 1 - RISE, told  # else there was nothing to learn
    assert mean(curve.rewards[-ENDS:]) > mean(curve.rewards[:ENDS]) + RISE, told
    learning.draw(curve, tmp_path / "learns.png")
    assert (tmp_path / "learns.png").read_bytes().startswith(b"\x89PNG")
