"""The judge of open-ended answers, and of every other rubric.

This page is the seam: what is asked of a judge, what it answers, and the Protocol. Behind it:

    service.py    a judgement's way: short cut, cache, single flight (flights.py), engine, verdict, ruling
    caller.py     how the engine is asked: gate, retry, recovery; ahead.py: what would be late is refused at once
    rubrics/      prompts as files          prompt.py, clean.py    texts -> prompt, fenced and cut
    verdict.py    reply -> verdict          expected.py            log probabilities -> expected score
    engines/      OpenAI-compatible         embedded/              deterministic, for laptops and tests
    canary/       what must not fool it     calibration.py         agreement with labels
    (the engine inside Ray Serve is in medreward/serve/llm.py: only serve/ knows Ray)

Without a judge, whatever needs one is absent with status ``unavailable``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from medreward.contract.types import JudgeCounts, Status

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
    explain: bool = False
    """ask for the reason too"""


class Judgement(NamedTuple):
    """How a verdict came about: what an audit keeps of it beside the verdict."""

    key: str = ""
    """hash of all that the engine's reply depends on; empty: none was needed, or none could be asked"""
    source: str = ""
    """where it was asked: ``engine``, ``cache``, ``shared`` (with an equal one), ``short_cut``; empty: nowhere"""
    swapped_key: str = ""
    """the same where the two answers were judged exchanged too"""
    swapped_source: str = ""
    scores: Mapping[str, float] = {}
    """those that count"""
    margin: float | None = None


class Judged(NamedTuple):
    """The answers to a batch of asks, in order."""

    outcomes: Sequence[Outcome]
    fingerprint: Mapping[str, str] = {}
    """what they depend on, as of now"""
    counts: JudgeCounts = JudgeCounts()
    judgements: Sequence[Judgement] = ()
    """how each came about; empty where nobody keeps it"""


class Ruling(NamedTuple):
    """What was judged of one item of a rubric. Everything but ``detail`` is empty unless ``status`` is ``ok``."""

    status: Status
    detail: str
    scores: Mapping[str, float] = {}
    choice: str | None = None
    label: str | None = None
    value: float | None = None
    """of a rubric that compares two answers: 1.0 if they are close, else 0.0"""
    margin: float | None = None
    """points between the difference of the two scores and the border; None where nothing was compared"""
    reason: str | None = None
    judgement: Judgement | None = None
    """how it came about; None where nobody keeps it"""


class Ruled(NamedTuple):
    """The rulings of a batch of items, in order."""

    rulings: Sequence[Ruling]
    fingerprint: Mapping[str, str]
    counts: JudgeCounts


class Judge(Protocol):
    """A judge."""

    def fingerprint(self) -> Mapping[str, str]:
        """Everything a verdict depends on: engine, model, revision, prompt hash, sampling; as last known."""

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        """One outcome an ask, in order, before the deadline; those not done by then have status ``timeout``.

        Raises:
            ServiceError: when none of the asks could be served.
        """

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        """One ruling an item of the rubric's fields; otherwise as :meth:`judge`.

        Raises:
            RequestError: ``not_found`` (no such rubric) or ``invalid`` (a field that the rubric does not have).
            ServiceError: when none of the items could be served.
        """
