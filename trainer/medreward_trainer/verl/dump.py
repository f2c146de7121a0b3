"""Outcomes -> lines of the rollout dump (``trainer.rollout_data_dir``): why each rollout got its advantage."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from medreward_trainer.verl.outcome import Outcome
from medreward_trainer.verl.segments import NAMES


def breakdown(outcome: Outcome, advantages: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    """What a line holds under ``medreward``.

    Args:
        outcome: of the rollout.
        advantages: of each token of its response; None: it was left out of the batch.

    Returns:
        The outcome, and of each segment its tokens, the sum of their advantages and the sum of its magnitudes.
    """
    told = msgspec.to_builtins(outcome)
    for name in ("tags", "worker", "client"):
        told.pop(name)
    return {**told, "trained": advantages is not None, "segments": _segments(outcome.tags, advantages)}


def _segments(tags: list[int], advantages: npt.NDArray[np.float64] | None) -> dict[str, dict[str, float | int]]:
    tag = np.asarray(tags, dtype=np.int64)
    segments: dict[str, dict[str, float | int]] = {}
    for number, name in NAMES.items():
        chosen = tag == number
        if not chosen.any():
            continue
        segments[name] = {"tokens": int(chosen.sum())}
        if advantages is not None:
            segments[name]["advantage"] = float(advantages[chosen].sum())
            segments[name]["advantage_magnitude"] = float(np.abs(advantages[chosen]).sum())
    return segments
