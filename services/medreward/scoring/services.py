"""The one call that a batch makes to the judge, and to the scorer: whatever they do, every ask gets an outcome.

A service that is absent, raises, is late, or answers what is no answer turns into a status. It never turns into a
number, and it never holds the batch past its deadline.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from medreward.contract.errors import Overbooked, ServiceError
from medreward.contract.types import STATUSES, JudgeCounts
from medreward.judge import Judge, JudgeAsk, Judgement
from medreward.rewards.types import Outcome, unscored
from medreward.scorer import Scorer, ScorerAsk
from medreward.scoring.deadline import Deadline
from medreward.scoring.guarded import answered

log = logging.getLogger(__name__)

MOST = 1e6
"""the largest value of a component; with weights as bounded, no sum of them overflows"""

Ask = TypeVar("Ask", bound=Hashable)


class Asks(Generic[Ask]):
    """The questions of a batch for one service; equal ones are asked once."""

    def __init__(self) -> None:
        self._position: dict[Ask, int] = {}
        self._repeats: list[int] = []
        self._outcomes: Sequence[Outcome] = ()

    def __len__(self) -> int:
        return len(self._position)

    @property
    def wanted(self) -> int:
        """Questions with their repeats."""
        return sum(self._repeats)

    def add(self, asks: Sequence[Ask]) -> list[int]:
        """Where the answers to these will be found."""
        positions = [self._position.setdefault(ask, len(self._position)) for ask in asks]
        for position in positions:
            if position == len(self._repeats):
                self._repeats.append(0)
            self._repeats[position] += 1
        return positions

    def answers(self, positions: Sequence[int]) -> list[Outcome]:
        """The answers at these positions, once :meth:`put_to` is done."""
        return [self._outcomes[position] for position in positions]

    def failed(self) -> int:
        """Questions, with their repeats, that got no answer, once :meth:`put_to` is done."""
        return sum(
            count for count, outcome in zip(self._repeats, self._outcomes, strict=True) if outcome.status != "ok"
        )

    async def put_to(
        self,
        name: str,
        call: Callable[[Sequence[Ask], Deadline], Awaitable[Sequence[Outcome]]] | None,
        deadline: Deadline,
        *,
        whole: bool = False,
    ) -> None:
        """Asks the service called ``name``; after it every ask has an outcome.

        Raises:
            Overbooked: only with ``whole``, when it cannot be done in time and nothing of it was begun.
        """
        asks = list(self._position)
        if call is None:
            self._outcomes = [unscored("unavailable", f"no {name} is configured")] * len(asks)
            return
        try:
            outcomes = await answered(name, lambda: call(asks, deadline), deadline)
        except ServiceError as error:
            if whole and isinstance(error, Overbooked):
                raise
            self._outcomes = [unscored(error.status, error.detail)] * len(asks)
        else:
            if len(outcomes) != len(asks):
                log.error("the %s gave %d answers to %d asks", name, len(outcomes), len(asks))
                outcomes = [unscored("unavailable", f"the {name} answered out of step")] * len(asks)
            self._outcomes = [sound(outcome, f"the {name}") for outcome in outcomes]


class JudgeCall:
    """The call that a batch makes to the judge, and what it says beside the outcomes."""

    def __init__(self, judge: Judge | None, asks: Asks[JudgeAsk]) -> None:
        self._judge = judge
        self._asks = asks
        self._counts: JudgeCounts | None = None
        self.fingerprint: Mapping[str, str] | None = None
        """what the verdicts depend on, as the judge said; None when it did not answer"""
        self.judgements: Sequence[Judgement] = ()
        """how each verdict came about, in the order of the asks; empty where the judge does not tell"""

    async def ask(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Sequence[Outcome]:
        """What :meth:`Asks.put_to` calls."""
        assert self._judge is not None
        judged = await self._judge.judge(asks, deadline)
        self._counts, self.fingerprint = judged.counts, judged.fingerprint
        if len(judged.judgements) == len(asks):
            self.judgements = judged.judgements
        return judged.outcomes

    def counts(self) -> JudgeCounts | None:
        """The judge's counts, with what was equal within the batch; None when it was not asked."""
        if self._judge is None or not self._asks:
            return None
        repeats = self._asks.wanted - len(self._asks)
        if self._counts is None:
            # it failed as a whole
            return JudgeCounts(asked=self._asks.wanted, coalesced=repeats, failed=self._asks.failed())
        return msgspec.structs.replace(
            self._counts,
            asked=self._counts.asked + repeats,
            coalesced=self._counts.coalesced + repeats,
            failed=self._asks.failed(),
        )


class ScorerCall:
    """The call that a batch makes to the scorer, and what it says beside the outcomes."""

    def __init__(self, scorer: Scorer | None) -> None:
        self._scorer = scorer
        self.fingerprint: Mapping[str, str] | None = None
        """what the scores depend on, as the scorer said; None when it did not answer"""

    async def ask(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Sequence[Outcome]:
        """What :meth:`Asks.put_to` calls."""
        assert self._scorer is not None
        scores = await self._scorer.score(asks, deadline)
        self.fingerprint = scores.fingerprint
        return scores.outcomes


def sound(outcome: object, who: str) -> Outcome:
    """The outcome itself; an unscored one in its place when its value is not finite or does not fit its status."""
    if not isinstance(outcome, Outcome):
        return unscored("unavailable", f"{who} returned {type(outcome).__name__}, not an outcome")
    status, value = outcome.status, outcome.value
    if status == "ok":
        if isinstance(value, (float, int)) and not isinstance(value, bool) and -MOST <= value <= MOST:
            return outcome
        return unscored("unavailable", f"{who} returned no number from {-MOST:g} to {MOST:g}: {value!r}")
    if status in STATUSES and value is None:
        return outcome
    return unscored("unavailable", f"{who} returned status {status!r} with value {value!r}")
