"""Where rubrics are asked for: a request for the judge -> its reply."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from medreward.contract import types as t
from medreward.contract.errors import Overbooked, RequestError, ServiceError
from medreward.judge import Judge, Ruled, Ruling
from medreward.judge.choice import find_rubric
from medreward.judge.rubrics import Rubric
from medreward.scoring.admission import refusal
from medreward.scoring.deadline import Deadline
from medreward.scoring.guarded import answered
from medreward.scoring.trail import Trail

log = logging.getLogger(__name__)


class Desk:
    """Takes requests for any rubric to the judge; whatever that does, every item gets a verdict."""

    def __init__(self, rubrics: Mapping[str, Rubric], judge: Judge | None, default_deadline_ms: int) -> None:
        self.rubrics = rubrics
        self._judge = judge
        self._default_deadline_ms = default_deadline_ms

    async def rule(
        self,
        request: t.JudgeRequest,
        *,
        arrived: float | None = None,
        within_ms: float | None = None,
        trail: Trail | None = None,
    ) -> t.JudgeResponse:
        """One verdict an item, in order. The arguments are those of ``Pipeline.score``.

        Raises:
            RequestError: ``not_found`` (no such rubric) or ``invalid`` (a field that the rubric does not have).
        """
        started = time.monotonic()
        arrived = started if arrived is None else arrived
        deadline = Deadline.after_ms(request.deadline_ms or self._default_deadline_ms, arrived)
        if within_ms is not None:
            deadline = min(deadline, Deadline.after_ms(within_ms))
        find_rubric(self.rubrics, request.rubric, [item.fields for item in request.items])
        ruled = await self._ruled(request, deadline)
        verdicts = [_verdict(item.id, ruling) for item, ruling in zip(request.items, ruled.rulings, strict=True)]
        if trail is not None:
            for position, ruling in enumerate(ruled.rulings):
                if ruling.judgement is not None:
                    trail.judged(position, request.rubric, [ruling.judgement])
        done = time.monotonic()
        timing = t.Timing(
            queue=_ms(started - arrived),
            deterministic=0.0,
            judge=_ms(done - started),
            total=_ms(done - arrived),
            judge_counts=ruled.counts,
        )
        return t.JudgeResponse(verdicts, dict(ruled.fingerprint), timing)

    def listing(self) -> list[dict[str, Any]]:
        """The rubrics as ``GET /v1/rubrics`` shows them."""
        return [_listed(rubric) for _, rubric in sorted(self.rubrics.items())]

    async def _ruled(self, request: t.JudgeRequest, deadline: Deadline) -> Ruled:
        items = [item.fields for item in request.items]
        if (judge := self._judge) is None:
            return self._none(items, Ruling("unavailable", "no judge is configured"))
        try:
            ruled = await answered(
                "judge",
                lambda: judge.rule(request.rubric, items, request.explain, deadline),
                deadline,
                passing=(RequestError,),
            )
        except Overbooked as error:
            raise refusal(error) from None
        except ServiceError as error:
            return self._none(items, Ruling(error.status, error.detail))
        if len(ruled.rulings) != len(items):
            log.error("the judge gave %d rulings to %d items", len(ruled.rulings), len(items))
            return self._none(items, Ruling("unavailable", "the judge answered out of step"))
        return ruled

    def _none(self, items: list[dict[str, str]], ruling: Ruling) -> Ruled:
        counts = t.JudgeCounts(asked=len(items), failed=len(items))
        return Ruled([ruling] * len(items), self._judge.fingerprint() if self._judge else {}, counts)


def _listed(rubric: Rubric) -> dict[str, Any]:
    return {
        "name": rubric.name,
        "version": rubric.version,
        "hash": rubric.hash,
        "summary": rubric.summary,
        "source": rubric.source,
        "fields": {
            name: {"required": field.required, "summary": field.summary} for name, field in rubric.fields.items()
        },
        "scores": {name: {"lowest": low, "highest": high} for name, (low, high) in rubric.scores.items()},
        "options": dict(rubric.options),
        "orders": rubric.orders,
    }


def _verdict(item_id: str, ruling: Ruling) -> t.Verdict:
    return t.Verdict(
        id=item_id,
        status=ruling.status,
        scores=dict(ruling.scores),
        choice=ruling.choice,
        label=ruling.label,
        value=ruling.value,
        margin=ruling.margin,
        detail=ruling.detail,
        reason=ruling.reason,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
