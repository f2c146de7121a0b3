"""The seam to the trajectory scorer: what the pipeline asks, and the Protocol a scorer must fulfil. Behind it:

    service.py      a trajectory's way: encoding.py, queue (planning.py), forward (line.py), outcomes.py; hot swap
    checkpoint.py   what lies on disk                 settings.py    section ``scorer`` of the settings
    weights.py      a checkpoint that is loaded: model.py, and packed.py, a faster forward of BERT on a CPU
    (its deployment is in medreward/serve/scorer.py, and its training in medreward_trainer/scorer)

Nothing but weights.py, model.py and packed.py imports torch.

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


class Scores(NamedTuple):
    """The answers to a batch of asks, in order."""

    outcomes: Sequence[Outcome]
    fingerprint: Mapping[str, str] = {}
    """what they depend on, as of now: all of them were scored by this one checkpoint"""


class Scorer(Protocol):
    """A model of trajectory quality."""

    problem: str
    """why the checkpoint that is configured is not the one that scores, as last known; empty when it is"""

    def fingerprint(self) -> Mapping[str, str]:
        """Everything a score depends on: checkpoint, its hash, precision; as last known."""

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        """One outcome with a value in [0, 1] an ask, before the deadline; those not done have status ``timeout``.

        Raises:
            ServiceError: when none of the asks could be served.
        """
