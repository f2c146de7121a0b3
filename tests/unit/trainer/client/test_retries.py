"""What is tried again, how often, and what comes of it."""

from __future__ import annotations

import email.utils
import time

import msgspec
import pytest
from tenacity import Future, RetryCallState

from medreward.contract import ScoreRequest, ScoreResponse
from medreward_trainer.client import RewardClient
from medreward_trainer.client.errors import Failure
from medreward_trainer.client.refusals import retry_after_s
from medreward_trainer.client.sending import Wait

from .service import Fault, kills, replies, reply, result, rollout, run, says, serving, settings

RATE_LIMITED = b'{"error": {"code": "rate_limited", "message": "often"}}'
OVERLOADED = b'{"error": {"code": "overloaded", "message": "full"}}'
UNAVAILABLE = b'{"error": {"code": "unavailable", "message": "no"}}'
INTERNAL = b'{"error": {"code": "internal", "message": "defect"}}'


def few(request: ScoreRequest) -> ScoreResponse:
    return msgspec.structs.replace(reply(request), results=[])


def swapped(request: ScoreRequest) -> ScoreResponse:
    return msgspec.structs.replace(reply(request), results=reply(request).results[::-1])


def invented(request: ScoreRequest) -> ScoreResponse:
    """A reward without the component that it is made of."""
    results = [msgspec.structs.replace(result(one.id, None, "timeout"), reward=1.0) for one in request.rollouts]
    return msgspec.structs.replace(reply(request), results=results)


def contradicting(request: ScoreRequest) -> ScoreResponse:
    results = [result(one.id, 1.0, "timeout") for one in request.rollouts]
    return msgspec.structs.replace(reply(request), results=results)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (says(429, OVERLOADED, Retry_After="0"), "overloaded"),
        (says(429, RATE_LIMITED, Retry_After="9", retry_after_ms="1"), "overloaded"),
        (says(429, b"a proxy's own text"), "overloaded"),
        (says(503, UNAVAILABLE, Retry_After="0"), "unavailable"),
        (says(503), "unavailable"),
        (says(502), "unavailable"),
        (says(504), "unavailable"),
        (says(500, INTERNAL), "unavailable"),
        (says(500, b"Internal Server Error"), "unavailable"),
        (says(404, b"Path '/v1/score' not found"), "unavailable"),
        (says(408), "timeout"),
        (kills, "unavailable"),
        (says(200, b"<html>"), "unavailable"),
        (says(200, b"\xff"), "unavailable"),
        (says(200, b"{}"), "unavailable"),
        (replies(few), "unavailable"),
        (replies(swapped), "unavailable"),
        (replies(invented), "unavailable"),
        (replies(contradicting), "unavailable"),
    ],
)
def test_what_may_pass_is_tried_again(fault: Fault, status: str) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.faults = [fault, fault]
            scored = await client.score_many([rollout(1), rollout(2)])
            assert [one.result.reward for one in scored] == [1.0, 2.0]
            assert service.sizes == [2, 2, 2]
            assert client.stats.retries == {"timeout": 0, "overloaded": 0, "unavailable": 0} | {status: 2}

    run(test())


@pytest.mark.parametrize(
    ("fault", "status"), [(says(429), "overloaded"), (kills, "unavailable"), (says(200, b"<html>"), "unavailable")]
)
def test_attempts_are_bounded_and_their_end_is_no_number(fault: Fault, status: str) -> None:
    async def test() -> None:
        configured = {"attempts": 3, "circuit_failures": 100}
        async with serving() as service, RewardClient(settings(service.url, **configured)) as client:
            service.always = fault
            scored = await client.score(rollout(1))
            assert (scored.result.reward, scored.result.components, scored.fingerprint) == (None, {}, None)
            assert (scored.unscored, scored.status) == (status, status)
            assert "the last of 3 attempts" in scored.reason
            assert service.sizes == [1, 1, 1]
            assert client.stats.unscored[status] == 1

    run(test())


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        (email.utils.formatdate(time.time() - 3600, usegmt=True), 0, 0),
        ("soon", 0, 0),
        ("nan", 0, 0),
        ("-3", 0, 0),
        (None, 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, least: float, most: float) -> None:
    assert least <= retry_after_s(value) <= most


def test_retry_after_counts_from_now() -> None:
    assert 3000 <= retry_after_s(email.utils.formatdate(time.time() + 3600, usegmt=True)) <= 3600


def test_a_date_is_read_by_the_clock_of_the_machine_that_wrote_it() -> None:
    # a machine whose clock is an hour behind, and one whose clock is an hour ahead
    for off_s in (-3600, 3600):
        then = time.time() + off_s
        date, until = email.utils.formatdate(then, usegmt=True), email.utils.formatdate(then + 20, usegmt=True)
        assert retry_after_s(until, date) == 20.0
    assert retry_after_s("Wed, 21 Oct 2015 07:28:20 -0000", "Wed, 21 Oct 2015 07:28:00 GMT") == 20.0
    assert retry_after_s("7", "nonsense") == 7.0


def test_the_service_s_retry_after_is_waited_for_up_to_a_limit() -> None:
    def waited(asked_s: float) -> float:
        state = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type]
        state.outcome = Future(1)
        state.outcome.set_exception(Failure("overloaded", "full", retry_after_s=asked_s))
        return Wait(settings("http://h", longest_retry_after_s=30))(state)

    # and not to the moment by all who were told it
    assert 7.0 <= waited(7.0) <= 7.005
    assert len({waited(7.0) for _ in range(10)}) > 1
    assert 30.0 <= waited(1000.0) <= 30.005
    assert waited(0.0) <= 0.02


def test_retry_after_of_a_reply_reaches_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def noting(self: Wait, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked.append(error.retry_after_s if isinstance(error, Failure) else -1.0)
        return 0.0

    monkeypatch.setattr(Wait, "__call__", noting)

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            behind = time.time() - 9000
            date, until = (email.utils.formatdate(behind + s, usegmt=True) for s in (0, 3600))
            service.faults = [
                says(429, OVERLOADED, Retry_After="11"),
                says(503, Retry_After=until, Date=date),
            ]
            assert (await client.score(rollout(1))).result.reward == 1.0

    run(test())
    assert asked[0] == 11.0
    assert asked[1] == 3600


def no_word(request: ScoreRequest) -> ScoreResponse:
    """The service's own timeout for every second rollout."""
    results = [
        result(one.id, None, "timeout") if i % 2 else result(one.id, 1.0) for i, one in enumerate(request.rollouts)
    ]
    return msgspec.structs.replace(reply(request), results=results)


def test_a_rollout_that_the_service_could_not_score_is_sent_again_only_if_asked_for() -> None:
    async def test(times: int) -> tuple[list[int], list[str], list[float | None]]:
        async with serving() as service, RewardClient(settings(service.url, retry_unscored=times)) as client:
            service.faults = [replies(no_word)]
            scored = await client.score_many([rollout(1), rollout(2), rollout(3)])
            return service.sizes, [one.status for one in scored], [one.result.reward for one in scored]

    assert run(test(0)) == ([3], ["ok", "timeout", "ok"], [1.0, None, 1.0])
    assert run(test(1)) == ([3, 1], ["ok", "ok", "ok"], [1.0, 2.0, 1.0])


def test_what_the_service_said_last_is_kept_when_it_is_asked_again_in_vain() -> None:
    def never(request: ScoreRequest) -> ScoreResponse:
        return msgspec.structs.replace(
            reply(request), results=[result(one.id, None, "overloaded") for one in request.rollouts]
        )

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, retry_unscored=2, attempts=3)) as client:
            service.always = replies(never)
            scored = await client.score(rollout(1))
            assert (scored.unscored, scored.status, len(service.sizes)) == ("", "overloaded", 3)
            assert scored.result.components["answer"].status == "overloaded"

    run(test())
