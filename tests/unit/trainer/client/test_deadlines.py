"""One deadline from the call to its result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medreward.serve.environment import free_port
from medreward_trainer.client import RewardClient

from .service import Fault, kills, replies, reply, rollout, run, says, serving, settings


def test_a_service_that_is_too_slow_leads_to_a_timeout_and_its_request_is_cancelled() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = service.hangs
            scored = await client.score(rollout(1), deadline_s=0.3)
            assert (scored.result.id, scored.result.reward, scored.unscored) == ("r1", None, "timeout")
            assert scored.reason == "not within 0.3 s: the service did not reply"
            await service.hung_up.wait()
            # less than the caller's own, so that what is done by then arrives
            assert 0 < (service.requests[0].deadline_ms or 0) <= 270
            assert client.stats.unscored["timeout"] == 1

    run(test())


@pytest.mark.parametrize(
    ("fault", "status", "why"),
    [
        (says(429, Retry_After="1000"), "overloaded", "HTTP 429"),
        (says(503, Retry_After="1000"), "unavailable", "HTTP 503"),
        (kills, "unavailable", "Disconnected"),
    ],
)
def test_what_was_in_the_way_until_the_deadline_is_the_status(fault: Fault, status: str, why: str) -> None:
    async def test() -> None:
        configured: dict[str, Any] = {"first_wait_s": 30, "longest_wait_s": 30}
        async with serving() as service, RewardClient(settings(service.url, **configured)) as client:
            service.always = fault
            scored = await client.score(rollout(1), deadline_s=1.5)
            assert (scored.result.reward, scored.unscored) == (None, status)
            assert why in scored.reason

    run(test())


def test_nothing_at_the_address_is_unavailable_and_no_exception() -> None:
    async def test() -> None:
        async with RewardClient(
            settings(f"http://127.0.0.1:{free_port()}", f"grpc://127.0.0.1:{free_port()}")
        ) as client:
            scored = await client.score_many([rollout(1), rollout(2)], deadline_s=2)
            assert [(one.result.reward, one.unscored) for one in scored] == [(None, "unavailable")] * 2
            assert "the service is gone" in scored[0].reason

    run(test())


def test_callers_of_one_request_whose_deadlines_differ_each_have_their_own() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.faults = [service.hangs]
            # of one bucket, so of one request: the shorter ends its first attempt, the longer goes on with another
            short, long = await asyncio.gather(
                client.score(rollout(1), deadline_s=2.1), client.score(rollout(2), deadline_s=3.9)
            )
            assert (short.unscored, short.result.reward) == ("timeout", None)
            assert (long.unscored, long.result.reward) == ("", 2.0)
            assert service.sizes == [2, 1]

    run(test())


def test_waiting_for_a_connection_is_within_the_deadline() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_connections=1)) as client:
            service.faults = [service.hangs]
            first = asyncio.create_task(client.score(rollout(1)))
            await service.arrived.wait()
            scored = await client.score(rollout(2), deadline_s=0.3)
            assert (scored.unscored, scored.reason) == ("timeout", "not within 0.3 s: all connections were busy")
            service.go_on.set()
            assert (await first).result.reward == 1.0

    run(test())


def test_the_deadline_sent_is_within_what_the_service_takes() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, deadline_s=3600)) as client:
            service.faults = [replies(reply)]
            assert (await client.score(rollout(1))).result.reward == 1.0
            assert service.requests[0].deadline_ms == 600_000

    run(test())
