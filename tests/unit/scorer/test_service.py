"""The scorer's service: values only where there are scores, and nothing waits beyond its deadline."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from medreward.contract.errors import ServiceError
from medreward.scorer import ScorerAsk, Scores
from medreward.scorer import service as module
from medreward.scorer.checkpoint import Calibration, CheckpointError
from medreward.scorer.outcomes import calibrated
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings
from medreward.scorer.types import OutOfMemory
from medreward.scoring.deadline import Deadline
from tests.unit.scorer.fake_weights import FakeWeights, ask, service

LATER = 60_000.0


async def score(scorer: ScorerService, *numbers: int, within_ms: float = LATER) -> Scores:
    return await scorer.score([ask(number) for number in numbers], Deadline.after_ms(within_ms))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  (what it waits for is another thread's, or has no event)
            await asyncio.sleep(0.001)


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    async def all_of_it() -> Any:
        return await test()

    return asyncio.run(all_of_it())


def test_values_are_calibrated_logits_in_the_order_of_the_asks() -> None:
    scores = run(lambda: score(service(), 2, -1, 0))
    assert [outcome.value for outcome in scores.outcomes] == pytest.approx([1 / (1 + math.exp(-x)) for x in (2, -1, 0)])
    assert scores.outcomes[0].detail == "trajectory score of fake"
    assert scores.fingerprint == {"name": "fake", "checkpoint": "hash of fake"}


@pytest.mark.parametrize("logit", [-1e9, -800.0, 0.0, 800.0, 1e9])
def test_any_finite_logit_is_a_value_from_0_to_1(logit: float) -> None:
    assert 0 <= calibrated(logit, Calibration(3.0, -1.0)) <= 1


def test_calibration_keeps_the_order_of_logits() -> None:
    values = [calibrated(x / 4, Calibration(0.5, 0.2)) for x in range(-200, 60)]
    assert values == sorted(values)
    assert len(set(values)) == len(values)


def test_what_was_cut_is_said() -> None:
    (outcome,) = run(lambda: service().score([ask(1, "cut")], Deadline.after_ms(LATER))).outcomes
    assert outcome.detail == "trajectory score of fake; cut: long"


@pytest.mark.parametrize("stages", [(), (("visual", " \n "),), (("localization", '[{"box": [1, 2, 3, 4]}]'),)])
def test_a_trajectory_without_words_is_0_without_a_forward(stages: tuple[tuple[str, str], ...]) -> None:
    weights = FakeWeights()
    (outcome,) = run(
        lambda: service(weights).score([ScorerAsk("question", stages, "yes")], Deadline.after_ms(LATER))
    ).outcomes
    assert (outcome.status, outcome.value, outcome.detail) == ("ok", 0.0, "no words in the trajectory")
    assert weights.batches == []


def test_no_asks_get_no_outcomes() -> None:
    assert run(lambda: score(service())).outcomes == []


def test_requests_share_forwards() -> None:
    weights = FakeWeights(budget=64)

    async def test() -> list[Scores]:
        scorer = service(weights)
        weights.go.clear()
        requests = [asyncio.ensure_future(score(scorer, 0))]
        await until(weights.first.is_set)
        requests += [asyncio.ensure_future(score(scorer, number)) for number in range(1, 9)]
        await until(lambda: len(scorer._line or ()) == 8)
        weights.go.set()
        return await asyncio.gather(*requests)

    answers = run(test)
    assert [answer.outcomes[0].explanation["logit"] for answer in answers] == list(range(9))
    # eight of eight tokens each fit a forward
    assert [len(batch) for batch in weights.batches] == [1, 8]


def test_what_is_late_is_a_timeout_and_what_is_done_is_kept() -> None:
    weights = FakeWeights(budget=8)

    async def test() -> Scores:
        scorer = service(weights)

        def hang_on_the_second(logits: list[float]) -> list[float]:
            weights.go.clear()
            return logits

        weights.then = hang_on_the_second
        answer = await score(scorer, 1, 2, 3, within_ms=300)
        weights.go.set()
        return answer

    outcomes = run(test).outcomes
    assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "timeout"]
    assert [outcome.value is None for outcome in outcomes] == [False, True, True]


def test_what_nobody_waits_for_is_not_put_to_a_forward() -> None:
    weights = FakeWeights(budget=8)

    async def test() -> None:
        scorer = service(weights)
        weights.go.clear()
        first = asyncio.ensure_future(score(scorer, 1))
        await until(weights.first.is_set)
        late = await score(scorer, 2, within_ms=50)
        assert late.outcomes[0].status == "timeout"
        cancelled = asyncio.ensure_future(score(scorer, 3))
        await until(lambda: len(scorer._line or ()) == 1)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        weights.go.set()
        await asyncio.gather(first, score(scorer, 4))

    run(test)
    assert weights.batches == [[1.0], [4.0]]


def test_beyond_the_limit_of_waiting_trajectories_more_are_overloaded() -> None:
    weights = FakeWeights(budget=8)

    async def test() -> list[Scores]:
        scorer = service(weights, max_waiting=3)
        weights.go.clear()
        first = asyncio.ensure_future(score(scorer, 1))
        await until(weights.first.is_set)
        second = asyncio.ensure_future(score(scorer, 2, 3))
        await until(lambda: len(scorer._line or ()) == 2)
        third = asyncio.ensure_future(score(scorer, 4, 5))
        await until(lambda: len(scorer._line or ()) == 3)
        weights.go.set()
        return list(await asyncio.gather(first, second, third))

    answers = run(test)
    assert [[outcome.status for outcome in answer.outcomes] for answer in answers] == [
        ["ok"],
        ["ok", "ok"],
        ["ok", "overloaded"],
    ]


def test_room_is_given_back_when_a_request_ends() -> None:
    async def test() -> None:
        scorer = service(max_waiting=2)
        for _ in range(5):
            answer = await score(scorer, 1, 2)
            assert [outcome.status for outcome in answer.outcomes] == ["ok", "ok"]

    run(test)


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (lambda logits: [float("nan")] * len(logits), "the logit is nan"),
        (lambda logits: [float("-inf")] * len(logits), "the logit is -inf"),
        (lambda logits: [], "another number of logits"),
        (lambda logits: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_forward_that_goes_wrong_is_unavailable_and_never_a_number(
    then: Callable[[list[float]], Any], reason: str
) -> None:
    weights = FakeWeights()
    weights.then = then
    outcomes = run(lambda: score(service(weights), 1, 2)).outcomes
    assert [(outcome.status, outcome.value) for outcome in outcomes] == [("unavailable", None)] * 2
    assert reason in outcomes[0].detail


def test_a_forward_that_fails_takes_no_other_with_it() -> None:
    weights = FakeWeights(budget=8)
    weights.then = lambda logits: [1 / logits[0]]
    outcomes = run(lambda: score(service(weights), 1, 0, 2)).outcomes
    assert [outcome.status for outcome in outcomes] == ["ok", "unavailable", "ok"]


def test_a_batch_without_memory_is_tried_in_halves() -> None:
    weights = FakeWeights(budget=32)

    def most_two(logits: list[float]) -> list[float]:
        if len(logits) > 2:
            raise OutOfMemory("no room")
        return logits

    weights.then = most_two
    outcomes = run(lambda: score(service(weights), 1, 2, 3, 4)).outcomes
    assert [outcome.status for outcome in outcomes] == ["ok"] * 4
    assert weights.batches == [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]


def test_what_has_no_memory_by_halves_either_is_unavailable() -> None:
    weights = FakeWeights(budget=32)

    def none(logits: list[float]) -> list[float]:
        raise OutOfMemory("no room")

    weights.then = none
    outcomes = run(lambda: score(service(weights), 1, 2, 3, 4)).outcomes
    assert [(outcome.status, outcome.value) for outcome in outcomes] == [("unavailable", None)] * 4
    assert len(weights.batches) == 3


def test_a_trajectory_that_cannot_be_encoded_takes_no_other_with_it() -> None:
    bad = ScorerAsk("question", (("think", "\ud800 the number 1"),), "")
    outcomes = run(lambda: service().score([ask(1), bad, ask(2)], Deadline.after_ms(LATER))).outcomes
    assert [outcome.status for outcome in outcomes] == ["ok", "unavailable", "ok"]


def test_forwards_that_fail_one_after_another_are_ill_health() -> None:
    weights = FakeWeights(budget=8)
    weights.then = lambda logits: 1 / 0

    async def test() -> None:
        scorer = service(weights)
        await score(scorer, 1, 2)
        scorer.check()
        await score(scorer, 3)
        with pytest.raises(RuntimeError, match="3 forwards failed"):
            scorer.check()
        weights.then = lambda logits: logits
        await score(scorer, 4)
        scorer.check()

    run(test)


def test_a_forward_that_hangs_is_ill_health(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = FakeWeights()
    monkeypatch.setattr(module, "_STUCK_S", 0.01)

    async def test() -> None:
        scorer = service(weights)
        scorer.check()
        weights.go.clear()
        await score(scorer, 1, within_ms=100)
        with pytest.raises(RuntimeError, match="a forward has taken"):
            scorer.check()
        weights.go.set()

    run(test)


def test_a_checkpoint_that_cannot_be_loaded_is_unavailable_with_the_reason() -> None:
    def broken(settings: ScorerSettings) -> FakeWeights:
        raise CheckpointError("there is none")

    async def test() -> None:
        scorer = ScorerService(ScorerSettings(checkpoint="x"), broken)
        with pytest.raises(ServiceError, match="there is none") as raised:
            await score(scorer, 1)
        assert raised.value.status == "unavailable"
        assert scorer.problem == "there is none"
        assert scorer.fingerprint() == {}

    run(test)


def test_without_the_extra_the_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed", lambda: False)
    with pytest.raises(ServiceError, match=r"install medreward\[scorer\], or set scorer.checkpoint: none"):
        run(lambda: score(ScorerService(ScorerSettings()), 1))


def test_a_checkpoint_that_is_not_loaded_by_the_deadline_is_a_timeout_and_then_there() -> None:
    weights = FakeWeights()
    weights.go.clear()

    def slow(settings: ScorerSettings) -> FakeWeights:
        assert weights.go.wait(60)
        return weights

    async def test() -> None:
        scorer = ScorerService(ScorerSettings(checkpoint="x"), slow)
        with pytest.raises(ServiceError) as raised:
            await score(scorer, 1, within_ms=50)
        assert raised.value.status == "timeout"
        weights.go.set()
        assert (await score(scorer, 1)).outcomes[0].status == "ok"

    run(test)


def test_a_forward_that_gets_no_thread_is_unavailable_at_once() -> None:
    weights = FakeWeights()

    def no_thread() -> None:
        raise RuntimeError("can't start new thread")

    weights.begin_thread = no_thread  # type: ignore[method-assign]
    outcomes = run(lambda: score(service(weights), 1, 2)).outcomes
    assert [(outcome.status, outcome.value) for outcome in outcomes] == [("unavailable", None)] * 2
    assert "did not begin" in outcomes[0].detail


def test_a_scorer_that_closes_ends_what_is_under_way_and_takes_no_more() -> None:
    weights = FakeWeights(budget=8)

    async def test() -> Scores:
        scorer = service(weights)
        weights.go.clear()
        # more than are encoded at a time: some are not even encoded when it closes
        under_way = asyncio.ensure_future(score(scorer, *range(200)))
        await until(weights.first.is_set)
        await scorer.close()
        with pytest.raises(ServiceError, match="closed") as raised:
            await score(scorer, 1)
        assert raised.value.status == "unavailable"
        weights.go.set()
        return await under_way

    assert [outcome.status for outcome in run(test).outcomes] == ["ok"] * 200


def test_a_scorer_that_closed_leaves_no_thread() -> None:
    def ours() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith(("encode", "forward"))]

    before = ours()

    async def test() -> None:
        scorer = service(FakeWeights(), FakeWeights())
        await score(scorer, 1)
        await scorer.swap(ScorerSettings(checkpoint="other"))
        await score(scorer, 1)
        assert len(ours()) > len(before)
        await scorer.close()
        await until(lambda: ours() == before)

    run(test)
