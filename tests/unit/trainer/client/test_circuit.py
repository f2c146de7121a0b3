"""A service that is gone, and one that has several addresses."""

from __future__ import annotations

import asyncio
import logging

import pytest

from medreward.serve.environment import free_port
from medreward_trainer.client import RewardClient

from .service import kills, rollout, run, says, serving, settings

LOGGER = "medreward_trainer.client"


def test_hundreds_of_calls_that_wait_for_a_lost_service_say_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        port = free_port()
        async with RewardClient(settings(f"http://127.0.0.1:{port}", max_rollouts=8, max_connections=64)) as client:
            calls = [asyncio.create_task(client.score(rollout(number))) for number in range(400)]
            while not client.stats.circuit_opened:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            before = client.stats.requests
            await asyncio.sleep(0.2)
            # no request leaves while it is open, but for those under way as it opened
            assert client.stats.requests - before <= 50
            async with serving(port) as service:
                scored = await asyncio.gather(*calls)
                assert [one.result.reward for one in scored] == list(map(float, range(400)))
                assert service.ready_asked >= 1
            assert client.stats.circuit_opened == 1

    with caplog.at_level(logging.INFO, LOGGER):
        run(test())
    told = [record for record in caplog.records if record.name == LOGGER]
    assert [record.levelno for record in told] == [logging.WARNING, logging.INFO]
    assert "is gone: http://127.0.0.1" in told[0].message
    assert "is back" in told[1].message


def test_an_open_circuit_sends_nothing_and_asks_for_readiness_in_turns() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, circuit_failures=1)) as client:
            service.ready = 503
            service.always = says(503)
            scored = await asyncio.gather(*(client.score(rollout(n), deadline_s=2) for n in range(50)))
            assert {one.unscored for one in scored} == {"unavailable"}
            assert "HTTP 503" in scored[0].reason
            assert len(service.requests) == 1
            assert 1 <= service.ready_asked <= 100

    run(test())


def test_connections_lost_in_parallel_are_one_failure() -> None:
    async def test() -> None:
        async with (
            serving() as service,
            RewardClient(settings(service.url, circuit_failures=2, max_rollouts=1, first_wait_s=0.02)) as client,
        ):
            service.faults = [kills] * 20
            scored = await client.score_many([rollout(number) for number in range(20)])
            assert [one.result.reward for one in scored] == list(map(float, range(20)))
            assert client.stats.circuit_opened == 0

    run(test())


def test_full_is_not_gone() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, circuit_failures=1)) as client:
            service.faults = [says(429)] * 5
            assert (await client.score(rollout(1))).result.reward == 1.0
            assert client.stats.circuit_opened == 0

    run(test())


def test_the_next_endpoint_is_asked_at_once_and_the_healthy_one_is_kept() -> None:
    async def test() -> None:
        async with serving() as first, serving() as second:
            configured = settings(f"http://127.0.0.1:{free_port()}", first.url, second.url)
            async with RewardClient(configured) as client:
                assert (await client.score(rollout(1))).result.reward == 1.0
                assert (await client.score(rollout(2))).result.reward == 2.0
                assert (len(first.requests), len(second.requests)) == (2, 0)
                first.always = kills
                assert (await client.score(rollout(3))).result.reward == 3.0
                first.always = None
                assert (await client.score(rollout(4))).result.reward == 4.0
                assert (len(first.requests), len(second.requests)) == (3, 2)
                # the whole of it without a wait
                assert client.stats.retries["unavailable"] == 0

    run(test())


def test_waiting_until_ready_ends_when_the_service_is_there() -> None:
    async def test() -> None:
        port = free_port()
        async with RewardClient(settings(f"http://127.0.0.1:{port}")) as client:
            answer = await client.wait_until_ready(1)
            assert not answer.ready
            assert "ClientConnectorError" in answer.reason
            waiting = asyncio.create_task(client.wait_until_ready(20))
            async with serving(port) as service:
                service.ready = 503
                while service.ready_asked < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                assert not waiting.done()
                service.ready = 200
                assert (await waiting) == (True, f"{service.url} is ready")

    run(test())


def test_being_ready_closes_an_open_circuit(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        port = free_port()
        async with RewardClient(
            settings(f"http://127.0.0.1:{port}", circuit_failures=1, circuit_probe_s=600)
        ) as client:
            assert (await client.score(rollout(1), deadline_s=1)).unscored == "unavailable"
            async with serving(port):
                assert (await client.wait_until_ready(10)).ready
                # its own next question would come in ten minutes
                assert (await client.score(rollout(2))).result.reward == 2.0

    run(test())
