"""The seam to the semantics judge: what the pipeline asks, and the Protocol an engine must fulfil.

Without a judge, whatever needs one is absent with status ``unavailable``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from medreward.rewards.types import Outcome
    from medreward.scoring.deadline import Deadline


class JudgeAsk(NamedTuple):
    """Are these two answers to a question close (GEMeX-RMCoT, section 4.2.2, Table 3)? Equal asks are asked once."""

    question: str
    context: str
    """caption or grounded report, the judge's visual context; may be empty"""
    reference: str
    candidate: str


class Judge(Protocol):
    """A judge of open-ended answers."""

    def fingerprint(self) -> Mapping[str, str]:
        """Everything a verdict depends on: engine, model, revision, prompt hash, sampling."""

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Sequence[Outcome]:
        """One outcome an ask, in order, before the deadline; those not done by then have status ``timeout``.

        Raises:
            ServiceError: when none of the asks could be served.
        """
