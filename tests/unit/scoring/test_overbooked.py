"""A batch whose judge or scorer cannot do its part in time is refused as a whole, and the other stops."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import Settings
from medreward.contract import types as t
from medreward.contract.errors import ErrorCode, Overbooked, RequestError
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.scorer import ScorerAsk, Scores
from medreward.scoring.deadline import Deadline
from medreward.scoring.pipeline import Summary


class FullJudge:
    def fingerprint(self) -> Mapping[str, str]:
        return {"engine": "full"}

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        raise Overbooked("judge", "too much", 2.0)

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        raise Overbooked("judge", "too much", 2.0)


class LongScorer:
    problem = ""

    def __init__(self) -> None:
        self.cancelled = False

    def fingerprint(self) -> Mapping[str, str]:
        return {"checkpoint": "c"}

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        try:
            await asyncio.sleep(deadline.remaining() + 60)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        raise AssertionError("it was to be cancelled")


ROLLOUT = t.Rollout(
    id="1",
    question="What is seen?",
    question_type="open_ended",
    response="<think>The base is dull.</think><response><answer>fluid</answer></response>",
    reference=t.Reference("effusion"),
)
REQUEST = t.ScoreRequest(components={"semantics": 1.0, "consistency": 1.0}, rollouts=[ROLLOUT], deadline_ms=300_000)


def test_the_batch_is_refused_at_once_and_the_scorer_stops() -> None:
    scorer = LongScorer()
    pipeline = build_pipeline(Settings(), judge=FullJudge(), scorer=scorer)

    async def run() -> RequestError:
        async with asyncio.timeout(60):
            with pytest.raises(RequestError) as caught:
                await pipeline.score(REQUEST)
        return caught.value

    refused = asyncio.run(run())
    assert (refused.code, refused.retry_after_s, refused.busy) == (ErrorCode.OVERLOADED, 2.0, "judge")
    assert scorer.cancelled


def test_a_stream_keeps_what_it_has_and_says_of_the_rest_that_it_is_overloaded() -> None:
    pipeline = build_pipeline(Settings(), judge=FullJudge())

    async def run() -> list[t.Result]:
        request = t.ScoreRequest(components={"semantics": 1.0, "format": 1.0}, rollouts=[ROLLOUT])
        return [item async for _, item in pipeline.stream(request) if not isinstance(item, Summary)]

    (result,) = asyncio.run(run())
    assert result.reward is None
    assert (result.components["semantics"].status, result.components["format"].status) == ("overloaded", "ok")


def test_a_request_for_the_judge_is_refused_too() -> None:
    desk = build_desk(Settings(), FullJudge())
    fields = {"question": "q", "reference": "r", "candidate": "c"}
    request = t.JudgeRequest(rubric="semantics", items=[t.JudgeItem(id="1", fields=fields)])
    with pytest.raises(RequestError) as caught:
        asyncio.run(desk.rule(request))
    assert (caught.value.code, caught.value.busy) == (ErrorCode.OVERLOADED, "judge")
