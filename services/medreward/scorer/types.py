"""What the scorer's service needs of a checkpoint that was loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import Calibration
from medreward.scorer.encoding import Encoded


class OutOfMemory(RuntimeError):
    """The device has no room for a batch; half of it may fit."""


class Meter(Protocol):
    """Who wants to know what a scorer is doing."""

    def waiting(self, trajectories: int) -> None:
        """So many wait for a forward from now on."""

    def forward(self, seconds: float, tokens: int) -> None:
        """A forward ended, whatever came of it; ``tokens`` without padding."""


class Weights(Protocol):
    """A checkpoint, ready to score. Its methods may be called from several threads at a time."""

    name: str
    """of the checkpoint"""
    calibration: Calibration
    budget: int
    """tokens of a forward, padding included"""
    lanes: int
    """forwards at a time"""
    fingerprint: dict[str, str]
    """what a score by it depends on: the checkpoint's name and hash, encoding, precision, kind of device"""

    def begin_thread(self) -> None:
        """What a thread calls before its first forward."""
        ...

    def encode(self, asks: Sequence[ScorerAsk]) -> list[Encoded]:
        """What the model reads of each ask, in order."""
        ...

    def logits(self, batch: Sequence[Encoded]) -> list[float]:
        """One logit an item, in order, by one forward.

        Raises:
            OutOfMemory: half of the batch may fit.
        """
        ...
