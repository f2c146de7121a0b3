"""The desk: whatever the judge does, every item gets a verdict, in order, before the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from medreward.contract import types as t
from medreward.contract.errors import ErrorCode, RequestError, ServiceError
from medreward.judge import JudgeAsk, Judged, Ruled, Ruling
from medreward.judge.desk import Desk
from medreward.judge.rubrics import load_rubrics
from medreward.scoring.deadline import Deadline

RUBRICS = load_rubrics([])
PAIR = {"question": "q", "reference": "left", "candidate": "right"}


class FakeJudge:
    """Stands for a judge: answers by what it is given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def fingerprint(self) -> Mapping[str, str]:
        return {"engine": "fake"}

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        raise AssertionError("the desk asks by rubric")

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        if isinstance(self.answer, Exception):
            raise self.answer
        if asyncio.iscoroutine(self.answer):
            await self.answer
        return Ruled(self.answer, {"engine": "fake"}, t.JudgeCounts(asked=len(items)))


def rule(judge: FakeJudge | None, *items: t.JudgeItem, rubric: str = "semantics", **more: Any) -> t.JudgeResponse:
    request = t.JudgeRequest(rubric=rubric, items=list(items), **more)
    return asyncio.run(Desk(RUBRICS, judge, 5000).rule(request))


def test_verdicts_carry_the_ids_of_their_items() -> None:
    rulings = [
        Ruling("ok", "d", {"assistant1": 9.0, "assistant2": 3.0}, value=0.0, margin=4.0, reason="r"),
        Ruling("timeout", "late"),
    ]
    reply = rule(FakeJudge(rulings), t.JudgeItem("a", PAIR), t.JudgeItem("b", PAIR))
    first, second = reply.verdicts
    assert (first.id, first.status, first.value, first.margin, first.reason) == ("a", "ok", 0.0, 4.0, "r")
    assert first.scores == {"assistant1": 9.0, "assistant2": 3.0}
    assert (second.id, second.status, second.value, second.scores, second.choice) == ("b", "timeout", None, {}, None)
    assert reply.fingerprint == {"engine": "fake"}
    assert reply.timing_ms.judge_counts == t.JudgeCounts(asked=2)


def test_without_a_judge_every_item_is_unavailable() -> None:
    reply = rule(None, t.JudgeItem("a", PAIR), t.JudgeItem("b", PAIR))
    assert [(v.status, v.value) for v in reply.verdicts] == [("unavailable", None)] * 2
    assert reply.fingerprint == {}
    assert reply.timing_ms.judge_counts == t.JudgeCounts(asked=2, failed=2)


def test_a_judge_that_cannot_serve_gives_its_status_to_every_item() -> None:
    reply = rule(FakeJudge(ServiceError("overloaded", "full")), t.JudgeItem("a", PAIR))
    assert [(v.status, v.detail) for v in reply.verdicts] == [("overloaded", "full")]


@pytest.mark.parametrize("answer", [RuntimeError("boom"), [], [Ruling("ok", "d")] * 2])
def test_whatever_a_judge_does_wrong_is_unavailable(answer: Any) -> None:
    reply = rule(FakeJudge(answer), t.JudgeItem("a", PAIR))
    assert [(v.status, v.value, v.scores) for v in reply.verdicts] == [("unavailable", None, {})]


def test_a_judge_that_does_not_answer_is_a_timeout() -> None:
    reply = rule(FakeJudge(asyncio.sleep(60)), t.JudgeItem("a", PAIR), deadline_ms=50)
    assert [v.status for v in reply.verdicts] == ["timeout"]


def test_unknown_rubric_and_field_refuse_the_request_before_the_judge_is_asked() -> None:
    with pytest.raises(RequestError) as unknown:
        rule(None, t.JudgeItem("a", PAIR), rubric="nonsense")
    assert unknown.value.code is ErrorCode.NOT_FOUND
    with pytest.raises(RequestError) as field:
        rule(None, t.JudgeItem("a", PAIR), t.JudgeItem("b", {**PAIR, "answer": "x"}))
    assert field.value.fields[0].path == "items[1].fields.answer"


def test_the_listing_shows_what_a_caller_must_give() -> None:
    listed = {rubric["name"]: rubric for rubric in Desk(RUBRICS, None, 5000).listing()}
    assert list(listed) == ["review", "semantics", "stages", "trust"]
    assert listed["semantics"]["fields"]["question"]["required"] is True
    assert listed["semantics"]["fields"]["context"]["required"] is False
    assert listed["semantics"]["scores"]["assistant1"] == {"lowest": 1, "highest": 10}
    assert listed["review"]["options"] == {"A": "Correct", "B": "Incorrect", "C": "Uncertain"}
