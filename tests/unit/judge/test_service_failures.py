"""What goes wrong has a status and no value; what can get better is asked again, nothing outlasts a deadline."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medreward.judge.types import Completion, EngineError, Prompt
from medreward.scoring.deadline import Deadline
from tests.unit.judge.engine import FakeEngine, ask, by_length, judged, service, values


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10 10",
        '{"assistant1": 11, "assistant2": 3',
        '{"assistant1": 9',
        '{"assistant1": 10, "assistant2": 1',
        'Sure! {"assistant1": 9, "assistant2": 9}',
        '{"assistant1": 9, "assistant2": 9} {"assistant1": 1, "assistant2": 9}',
    ],
)
def test_an_off_menu_verdict_is_unscored(text: str) -> None:
    (outcome,) = judged(service(FakeEngine(Completion(text, "stop"))), ask("abc")).outcomes
    assert (outcome.status, outcome.value) == ("unparseable_verdict", None)


@pytest.mark.parametrize("status", ["timeout", "overloaded", "unavailable"])
def test_what_the_engine_cannot_do_keeps_its_status(status: Any) -> None:
    (outcome,) = judged(service(FakeEngine(EngineError(status, "because"))), ask("abc")).outcomes
    assert (outcome.status, outcome.value, outcome.detail) == (status, None, "because")


def test_a_defect_of_the_engine_is_unavailable_and_no_other_ask_suffers() -> None:
    def answer(prompt: Prompt) -> Any:
        return ZeroDivisionError() if prompt.fields["candidate"] == "bad" else by_length(prompt)

    done = judged(service(FakeEngine(answer)), ask("bad"), ask("abcdefgh"))
    assert [(outcome.status, outcome.value) for outcome in done.outcomes] == [("unavailable", None), ("ok", 1.0)]
    assert done.counts.failed == 1


def test_a_retryable_failure_is_asked_again_once() -> None:
    failures = [EngineError("unavailable", "replica died", retryable=True, retry_after_s=0.0)]
    engine = FakeEngine(lambda prompt: failures.pop() if failures else by_length(prompt))
    done = judged(service(engine), ask("abc"))
    assert values(done) == [0.0]
    assert (done.counts.engine_calls, done.counts.retries) == (2, 1)


def test_judgements_of_a_lost_engine_wait_until_it_is_back_and_are_asked_again() -> None:
    lost = {f"n{number}" for number in range(20)}

    def answer(prompt: Prompt) -> Any:
        candidate = prompt.fields["candidate"]
        if candidate in lost:
            lost.discard(candidate)
            return EngineError("unavailable", "replica died", retryable=True)
        return by_length(prompt)

    engine = FakeEngine(answer)
    engine.down_for = 3
    done = judged(service(engine), *(ask(f"n{number}") for number in range(20)))
    assert values(done) == [0.0] * 20
    assert (done.counts.engine_calls, done.counts.retries) == (40, 20)
    assert engine.polled == 4  # one wait for all of them


def test_an_engine_that_stays_away_is_a_timeout_that_says_so() -> None:
    engine = FakeEngine(EngineError("unavailable", "replica died", retryable=True))
    engine.down_for = 1_000_000
    (outcome,) = judged(service(engine), ask("abc"), within_ms=300).outcomes
    assert (outcome.status, outcome.value) == ("timeout", None)
    assert "replica died" in outcome.detail


def test_retries_are_bounded() -> None:
    engine = FakeEngine(EngineError("unavailable", "replica died", retryable=True, retry_after_s=0.0))
    done = judged(service(engine, retries=1), ask("abc"))
    assert done.outcomes[0].status == "unavailable"
    assert len(engine.asked) == 2


@pytest.mark.parametrize("answer", [EngineError("unavailable", "no such model"), Completion("nonsense", "stop")])
def test_what_cannot_get_better_is_not_asked_again(answer: Any) -> None:
    engine = FakeEngine(answer)
    judged(service(engine, retries=3), ask("abc"))
    assert len(engine.asked) == 1


def test_an_engine_that_wants_to_be_left_alone_for_long_is_overloaded_at_once() -> None:
    engine = FakeEngine(EngineError("overloaded", "later", retryable=True, retry_after_s=100.0))
    done = judged(service(engine, call_timeout_s=60.0), ask("abc"))
    assert done.outcomes[0].status == "overloaded"
    assert len(engine.asked) == 1


def test_a_stuck_engine_does_not_hold_the_others_past_the_deadline() -> None:
    async def stuck(prompt: Prompt) -> Completion:
        if prompt.fields["candidate"] == "stuck":
            await asyncio.sleep(60)
        return by_length(prompt)

    engine = FakeEngine(stuck)
    # had it waited, the first would be "ok" too
    done = judged(service(engine), ask("stuck"), ask("abcdefgh"), within_ms=200)
    assert [(outcome.status, outcome.value) for outcome in done.outcomes] == [("timeout", None), ("ok", 1.0)]
    assert engine.cancelled == 1
    assert engine.inside == 0


def test_a_deadline_that_has_passed_is_a_timeout_at_once() -> None:
    done = judged(service(FakeEngine()), ask("abc"), within_ms=0)
    assert done.outcomes[0].status == "timeout"


def test_an_engine_that_does_not_tell_what_it_is_holds_nobody_past_the_deadline() -> None:
    engine = FakeEngine()
    told = asyncio.Event()
    engine.starting = told.wait
    judge = service(engine)

    async def run() -> None:
        (late,) = (await judge.judge([ask("abc")], Deadline.after_ms(50))).outcomes
        assert (late.status, late.value) == ("timeout", None)
        told.set()
        (outcome,) = (await judge.judge([ask("abc")], Deadline.after_ms(5000))).outcomes
        assert outcome.status == "ok"

    asyncio.run(run())
    assert engine.started == 1  # whoever stopped waiting did not stop it


def test_cancelling_a_request_cancels_its_work_in_the_engine() -> None:
    both_inside = asyncio.Event()

    async def stuck(prompt: Prompt) -> Completion:
        if engine.inside == 2:
            both_inside.set()
        await asyncio.sleep(60)
        return by_length(prompt)

    engine = FakeEngine(stuck)
    judge = service(engine)

    async def run() -> None:
        request = asyncio.ensure_future(judge.judge([ask("a"), ask("b")], Deadline.after_ms(50_000)))
        await both_inside.wait()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await asyncio.sleep(0)
        assert (engine.cancelled, engine.inside) == (2, 0)

    asyncio.run(run())
