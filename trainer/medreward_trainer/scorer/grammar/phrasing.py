"""Which phrases may be used: one in four of every list is kept for the test split, and only those are used there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import yaml

from ..examples import Split

FRAMES: Final = Path(__file__).parent / "frames" / "frames.yaml"
HELD_OUT: Final = 4
"""of every list of at least this many phrases, each n-th is kept for the test split"""


@cache
def frames() -> Mapping[str, tuple[str, ...]]:
    """Every list of sentence frames by its name."""
    return msgspec.convert(yaml.safe_load(FRAMES.read_text(encoding="utf-8")), dict[str, tuple[str, ...]])


def allowed(phrases: Sequence[str], split: Split) -> Sequence[str]:
    """The phrases of a list that a split may use; lists shorter than four are not divided."""
    if len(phrases) < HELD_OUT:
        return phrases
    held = phrases[HELD_OUT - 1 :: HELD_OUT]
    return held if split == "test" else [phrase for place, phrase in enumerate(phrases) if (place + 1) % HELD_OUT]


def pick(phrases: Sequence[str], split: Split, rng: Random) -> str:
    """One phrase that the split may use."""
    return rng.choice(allowed(phrases, split))
