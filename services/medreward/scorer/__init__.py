"""The seam to the trajectory scorer: what the pipeline asks, and the Protocol a scorer must fulfil.

Without a scorer, ``consistency`` is absent with status ``unavailable``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from medreward.rewards.types import Outcome
    from medreward.scoring.deadline import Deadline


class ScorerAsk(NamedTuple):
    """How consistent is this trajectory (MEDSAGE, trajectory consistency reward)?"""

    question: str
    stages: tuple[tuple[str, str], ...]
    """``(name, text)`` in order of appearance; what is not in the response is not here"""
    answer: str


class Scorer(Protocol):
    """A model of trajectory quality."""

    def fingerprint(self) -> Mapping[str, str]:
        """Everything a score depends on: checkpoint, its hash, precision."""

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Sequence[Outcome]:
        """One outcome with a value in [0, 1] an ask, in order, before the deadline.

        Raises:
            ServiceError: when none of the asks could be served.
        """
