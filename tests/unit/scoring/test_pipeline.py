"""A failure is never a number, and nothing waits beyond its deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.errors import RequestError, ServiceError
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.rewards.types import Outcome, Reward, Sample, scored, unscored
from medreward.scorer import ScorerAsk, Scores
from medreward.scoring.deadline import Deadline
from medreward.scoring.pipeline import Pipeline, Summary
from medreward.scoring.recipes import load_recipes
from medreward.scoring.registry import BUILTIN
from tests.unit.rewards.build import gemex, lvkc, rollout

OPEN = {"question_type": "open_ended", "choices": None, "reference": t.Reference("Cardiomegaly")}


class FakeJudge:
    """Stands for an engine: answers by a function, and remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[list[JudgeAsk]] = []

    def fingerprint(self) -> Mapping[str, str]:
        return {"engine": "fake"}

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        self.calls.append(list(asks))
        answer = self.answer
        if isinstance(answer, BaseException):
            raise answer
        if callable(answer):
            answer = answer(asks)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return Judged(
            answer, {"engine": "fake", "as of": "now"}, t.JudgeCounts(asked=len(asks), engine_calls=len(asks))
        )

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        raise NotImplementedError


class FakeScorer:
    """Stands for the scorer: the same value for all."""

    problem = ""

    def __init__(self, value: float) -> None:
        self.value = value
        self.asked: list[ScorerAsk] = []

    def fingerprint(self) -> Mapping[str, str]:
        return {"checkpoint": "fake"}

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        self.asked += asks
        return Scores([scored(self.value, "fake")] * len(asks), {"checkpoint": "fake", "as of": "now"})


def pipeline(rewards: Mapping[str, Reward] = BUILTIN, **services: Any) -> Pipeline:
    return Pipeline(load_recipes(rewards), rewards, **services)


def score(made: Pipeline, *rollouts: t.Rollout, recipe: str = "gemex", **changes: Any) -> t.ScoreResponse:
    request = t.ScoreRequest(recipe=recipe, rollouts=list(rollouts), **changes)
    return asyncio.run(made.score(request))


def right_if_heart(asks: Sequence[JudgeAsk]) -> list[Outcome]:
    return [scored(float("heart" in ask.candidate), f"judged {ask.candidate}") for ask in asks]


def test_deterministic_rewards_are_summed_by_weight() -> None:
    (result,) = score(pipeline(), rollout(gemex("B"), reference=t.Reference("B"))).results
    assert result.reward == 2.0


def test_without_a_judge_an_open_answer_is_unavailable_and_the_reward_absent() -> None:
    (result,) = score(pipeline(), rollout(gemex("The heart is large"), **OPEN)).results
    assert result.reward is None
    assert (result.components["semantics"].status, result.components["semantics"].value) == ("unavailable", None)
    assert result.components["grounding"].status == "ok"


def test_an_open_answer_equal_to_the_reference_needs_no_judge() -> None:
    judge = FakeJudge(right_if_heart)
    (result,) = score(pipeline(judge=judge), rollout(gemex("cardiomegaly."), **OPEN)).results
    assert result.components["semantics"].value == 1.0
    assert judge.calls == []


def test_an_empty_open_answer_is_0_without_a_judge() -> None:
    (result,) = score(pipeline(), rollout(gemex(""), **OPEN)).results
    assert (result.components["semantics"].status, result.components["semantics"].value) == ("ok", 0.0)


def test_a_batch_asks_the_judge_once_and_equal_asks_once() -> None:
    judge = FakeJudge(right_if_heart)
    answers = ["big heart", "big heart", "clear lungs", "big heart"]
    response = score(pipeline(judge=judge), *(rollout(gemex(a), id=f"r{i}", **OPEN) for i, a in enumerate(answers)))
    assert [len(call) for call in judge.calls] == [2]
    assert [r.components["semantics"].value for r in response.results] == [1.0, 1.0, 0.0, 1.0]
    assert [r.id for r in response.results] == ["r0", "r1", "r2", "r3"]
    assert response.fingerprint.judge == {"engine": "fake", "as of": "now"}
    assert response.timing_ms.judge is not None
    # the two that repeat another one of the batch never left it
    assert response.timing_ms.judge_counts == t.JudgeCounts(asked=4, coalesced=2, engine_calls=2)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (ServiceError("overloaded", "full"), "overloaded"),
        (RuntimeError("boom"), "unavailable"),
        (lambda asks: [], "unavailable"),
        (lambda asks: [scored(float("nan"), "x")], "unavailable"),
        (lambda asks: [scored(float("inf"), "x")], "unavailable"),
        (lambda asks: [Outcome("ok", None, "x")], "unavailable"),
        (lambda asks: [Outcome("timeout", 0.0, "x")], "unavailable"),
        (lambda asks: [0.0], "unavailable"),
        (lambda asks: [True], "unavailable"),
        (lambda asks: [unscored("unparseable_verdict", "x")], "unparseable_verdict"),
        (lambda asks: asyncio.sleep(60), "timeout"),
    ],
)
def test_whatever_the_judge_does_wrong_becomes_a_status_never_a_number(answer: Any, status: str) -> None:
    started = time.monotonic()
    response = score(
        pipeline(judge=FakeJudge(answer)), rollout(gemex("x"), **OPEN), rollout(gemex("B"), id="r2"), deadline_ms=300
    )
    assert time.monotonic() - started < 5
    judged, ruled = response.results
    component = judged.components["semantics"]
    assert (component.status, component.value, judged.reward) == (status, None, None)
    assert ruled.reward == 2.0


def test_the_reply_names_what_the_scorer_scored_with_and_what_is_known_of_one_that_was_not_asked() -> None:
    made = pipeline(scorer=FakeScorer(0.25))
    asked = score(made, rollout(lvkc(), retry=None), recipe="medsage")
    assert asked.fingerprint.scorer == {"checkpoint": "fake", "as of": "now"}
    assert asked.timing_ms.scorer is not None
    not_asked = score(made, rollout(gemex("B")))
    assert not_asked.fingerprint.scorer == {"checkpoint": "fake"}
    assert not_asked.timing_ms.scorer is None


def test_a_checkpoint_that_does_not_score_is_told_with_the_services() -> None:
    scorer = FakeScorer(0.25)
    assert pipeline(scorer=scorer).services()["scorer"] == {"status": "configured", "checkpoint": "fake"}
    scorer.problem = "it is torn"
    assert pipeline(scorer=scorer).services()["scorer"]["problem"] == "it is torn"
    assert pipeline().services()["scorer"] == {"status": "unavailable"}


def test_the_scorer_reads_the_stages_that_are_there() -> None:
    scorer = FakeScorer(0.25)
    (result,) = score(pipeline(scorer=scorer), rollout(lvkc(), retry=None), recipe="medsage").results
    assert result.components["consistency"].value == 0.25
    assert result.reward == 1.0 + 1.0 + 0.25
    assert [name for name, _ in scorer.asked[0].stages] == ["localization", "visual", "knowledge", "conclusion"]


def test_a_response_without_stages_has_consistency_0_without_asking() -> None:
    scorer = FakeScorer(0.25)
    (result,) = score(pipeline(scorer=scorer), rollout("B"), recipe="medsage").results
    assert result.components["consistency"].value == 0.0
    assert scorer.asked == []


@pytest.mark.parametrize(
    ("first", "second", "credit"),
    [("A", "B", 1.0), ("B", "B", 0.0), ("B", "A", 0.0), ("A", "C", 0.0), ("", "B", 1.0)],
)
def test_self_check_credits_only_wrong_then_right(first: str, second: str, credit: float) -> None:
    made = rollout(lvkc(first), retry=t.Retry("I look again", lvkc(second)))
    (result,) = score(pipeline(scorer=FakeScorer(0.5)), made, recipe="medsage").results
    component = result.components["self_check"]
    assert (component.value, component.weight, component.applies_to) == (credit, 0.2, "self_check_tokens")
    # the reward is that of the retry, and the credit is not in it
    assert result.components["semantics"].value == float(second == "B")
    assert result.reward == float(second == "B") + 1.0 + 0.5


def test_self_check_of_open_answers_waits_for_both_verdicts() -> None:
    made = rollout(lvkc("clear"), retry=t.Retry("again", lvkc("big heart")), **OPEN)
    judge = FakeJudge(right_if_heart)
    (result,) = score(pipeline(judge=judge, scorer=FakeScorer(1.0)), made, recipe="medsage").results
    assert result.components["self_check"].value == 1.0
    assert [len(call) for call in judge.calls] == [2]


def test_self_check_is_absent_when_it_hangs_on_a_verdict_that_is() -> None:
    made = rollout(lvkc("clear"), retry=t.Retry("again", lvkc("Cardiomegaly")), **OPEN)
    (result,) = score(pipeline(scorer=FakeScorer(1.0)), made, recipe="medsage").results
    assert (result.components["self_check"].status, result.components["self_check"].value) == ("unavailable", None)
    assert result.reward == 3.0  # the retry equals the reference, and the credit never counts in the reward


@pytest.mark.parametrize(("first", "second"), [("Cardiomegaly", "clear"), ("clear", "")])
def test_self_check_is_0_where_one_factor_is_whatever_the_other_would_be(first: str, second: str) -> None:
    made = rollout(lvkc(first), retry=t.Retry("again", lvkc(second)), **OPEN)
    (result,) = score(pipeline(scorer=FakeScorer(1.0)), made, recipe="medsage").results
    assert (result.components["self_check"].status, result.components["self_check"].value) == ("ok", 0.0)


def test_half_a_surrogate_pair_is_invalid_input_not_a_crash() -> None:
    response = score(pipeline(), rollout("B \ud800"), rollout("B"), explain=True)
    bad, good = response.results
    assert {c.status for c in bad.components.values()} == {"invalid_input"}
    assert good.components["semantics"].value == 1.0
    codec.encode(response)


def test_gates_of_the_released_recipe_make_the_whole_reward_0() -> None:
    box = '{"bbox_xyxy_pixel": [[1, 2, 3, 4]], "label": "x"}'
    released = f"<LOC>{box}</LOC><VIS>a</VIS><KNO>b</KNO><CON>c</CON><ANSWER>B</ANSWER>"
    region = [t.Region("x", [1.0, 2.0, 3.0, 4.0])]
    good, fewer, broken = score(
        pipeline(),
        rollout(released, reference=t.Reference("B", region)),
        rollout(released, reference=t.Reference("B", region * 2)),
        rollout(released.replace("</VIS>", ""), reference=t.Reference("B", region)),
        recipe="medsage-released",
    ).results
    assert good.reward == 1.0
    assert (fewer.reward, fewer.detail) == (0.0, "gated to 0: 1 boxes, the reference has 2")
    assert broken.reward == 0.0
    assert broken.components["answer"].value == 1.0


def test_a_gate_never_turns_a_failure_into_0() -> None:
    made = rollout("nothing", reference=t.Reference("Z"))
    (result,) = score(pipeline(), made, recipe="medsage-released").results
    assert result.components["answer"].status == "invalid_input"
    assert result.reward is None


def test_every_result_of_a_recipe_has_the_same_keys() -> None:
    made = [rollout("B"), rollout("", id=""), rollout(lvkc("A"), retry=t.Retry("x", lvkc("B"))), rollout("x", **OPEN)]
    response = score(pipeline(), *made, recipe="medsage")
    assert {tuple(result.components) for result in response.results} == {
        ("semantics", "format", "consistency", "self_check")
    }


def test_a_user_reward_that_raises_is_unavailable() -> None:
    def fragile(sample: Sample, params: object) -> Outcome:
        raise KeyError("oops")

    made = pipeline({**BUILTIN, "fragile": Reward(fragile)})
    response = asyncio.run(
        made.score(t.ScoreRequest(components={"fragile": 1.0, "answer": 1.0}, rollouts=[rollout("B")]))
    )
    (result,) = response.results
    assert (result.components["fragile"].status, result.reward) == ("unavailable", None)
    assert "KeyError" in result.components["fragile"].detail
    assert result.components["answer"].value == 1.0


def test_credit_alone_makes_no_reward() -> None:
    response = asyncio.run(pipeline().score(t.ScoreRequest(components={"self_check": 1.0}, rollouts=[rollout("B")])))
    assert response.results[0].reward is None
    assert response.results[0].detail == "no component counts towards a reward"


def test_a_deadline_that_has_passed_leaves_timeouts() -> None:
    request = t.ScoreRequest(recipe="gemex", deadline_ms=10, rollouts=[rollout("B")])
    response = asyncio.run(pipeline().score(request, arrived=time.monotonic() - 1))
    assert {c.status for c in response.results[0].components.values()} == {"timeout"}


def test_the_transport_s_deadline_rules_when_it_is_shorter() -> None:
    request = t.ScoreRequest(recipe="gemex", deadline_ms=60_000, rollouts=[rollout(gemex("x"), **OPEN)])
    judge = FakeJudge(lambda asks: asyncio.sleep(60))
    response = asyncio.run(pipeline(judge=judge).score(request, within_ms=100))
    assert response.results[0].components["semantics"].status == "timeout"


def test_what_needs_no_service_is_streamed_before_the_services_answer() -> None:
    order: list[object] = []

    def late(asks: Sequence[JudgeAsk]) -> list[Outcome]:
        order.append("judged")
        return right_if_heart(asks)

    async def run() -> None:
        made = pipeline(judge=FakeJudge(late))
        batch = [rollout(gemex("x"), id="open", **OPEN), rollout(gemex("B"), id="ruled")]
        async for index, item in made.stream(t.ScoreRequest(recipe="gemex", rollouts=batch)):
            order.append("summary" if isinstance(item, Summary) else (index, item.id))

    asyncio.run(run())
    assert order == [(1, "ruled"), "judged", (0, "open"), "summary"]


def test_a_batch_of_heavy_rollouts_lets_others_run_between_them() -> None:
    def heavy(sample: Sample, params: object) -> Outcome:
        time.sleep(0.006)
        return scored(1.0, "done")

    async def run() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        made = pipeline({**BUILTIN, "heavy": Reward(heavy)})
        await made.score(t.ScoreRequest(components={"heavy": 1.0}, rollouts=[rollout("B")] * 10))
        task.cancel()
        return turns

    assert asyncio.run(run()) >= 9


@pytest.mark.parametrize("value", [1e308, -1e7, float("nan")])
def test_a_value_that_could_overflow_the_sum_is_no_value(value: float) -> None:
    made = pipeline({**BUILTIN, "huge": Reward(lambda sample, params: scored(value, "huge"))})
    response = asyncio.run(made.score(t.ScoreRequest(components={"huge": 1e6}, rollouts=[rollout("B")])))
    assert (response.results[0].components["huge"].status, response.results[0].reward) == ("unavailable", None)


def test_any_explanation_of_a_user_s_reward_can_be_sent() -> None:
    odd = {"nan": float("nan"), "set": {1}, 5: (1, None), "nested": {"inf": [float("inf")]}}
    made = pipeline({**BUILTIN, "odd": Reward(lambda sample, params: scored(1.0, "odd", odd))})
    request = t.ScoreRequest(components={"odd": 1.0}, explain=True, rollouts=[rollout("B")])
    response = asyncio.run(made.score(request))
    assert b"null" not in codec.encode(response)
    codec.response_to_proto(response)


@pytest.mark.parametrize(
    ("changes", "path"),
    [({"recipe": "nope"}, "recipe"), ({"recipe": "", "components": {"nope": 1.0}}, "components.nope")],
)
def test_what_does_not_exist_is_refused_with_its_path(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(RequestError) as caught:
        score(pipeline(), rollout("B"), **changes)
    assert caught.value.fields[0].path == path
