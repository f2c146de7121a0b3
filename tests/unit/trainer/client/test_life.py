"""Callers that leave, clients that are closed, loops that end."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings

import pytest

from medreward_trainer.client import ClientClosed, RewardClient, Scored, client_of, close_clients
from medreward_trainer.client.sending import Sender

from .service import rollout, run, serving, settings


def test_a_caller_that_is_cancelled_leaves_the_others_alone() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.faults = [service.hangs]
            calls = [asyncio.create_task(client.score(rollout(number))) for number in range(3)]
            await service.arrived.wait()
            calls[1].cancel()
            await asyncio.sleep(0)
            service.go_on.set()
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert isinstance(ended[1], asyncio.CancelledError)
            assert [one.result.reward for one in ended if not isinstance(one, BaseException)] == [0.0, 2.0]
            assert client.stats.rollouts == 2

    run(test())


def test_a_caller_that_is_cancelled_before_the_request_leaves_is_not_in_it() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, window_ms=100)) as client:
            calls = [asyncio.create_task(client.score(rollout(number))) for number in range(3)]
            await asyncio.sleep(0)
            calls[1].cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            assert [one.id for one in service.requests[0].rollouts] == ["r0", "r2"]

    run(test())


def test_a_request_that_nobody_waits_for_is_cancelled() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.faults = [service.hangs]
            many = asyncio.create_task(client.score_many([rollout(number) for number in range(3)]))
            await service.arrived.wait()
            many.cancel()
            with pytest.raises(asyncio.CancelledError):
                await many
            await service.hung_up.wait()
            assert (await client.score(rollout(7))).result.reward == 7.0

    run(test())


def test_a_call_after_one_that_was_too_late_for_a_connection_has_a_request_of_its_own() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_connections=1)) as client:
            service.faults = [service.hangs]
            first = asyncio.create_task(client.score(rollout(0)))
            await service.arrived.wait()
            assert (await client.score(rollout(1), deadline_s=0.3)).unscored == "timeout"
            # in the moment in which the other's request ends
            again = await client.score(rollout(2), deadline_s=0.3)
            assert (again.unscored, again.reason) == ("timeout", "not within 0.3 s: all connections were busy")
            service.go_on.set()
            assert (await first).result.reward == 0.0

    run(test())


def test_readiness_does_not_wait_behind_the_requests_in_flight() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_connections=1)) as client:
            service.faults = [service.hangs]
            first = asyncio.create_task(client.score(rollout(0)))
            await service.arrived.wait()
            assert (await client.wait_until_ready(5)).ready
            service.go_on.set()
            await first

    run(test())


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_closing_ends_the_wait_for_a_service(scheme: str) -> None:
    async def test() -> None:
        asked = asyncio.Event()
        # something that takes the question and does not answer it
        mute = await asyncio.start_server(lambda reader, writer: asked.set(), "127.0.0.1", 0)
        client = RewardClient(settings(f"{scheme}://127.0.0.1:{mute.sockets[0].getsockname()[1]}"))
        try:
            waiting = asyncio.create_task(client.wait_until_ready(20))
            await asked.wait()
            await client.close()
            with pytest.raises(ClientClosed):
                await waiting
        finally:
            mute.close()

    run(test())


def test_closing_resolves_every_call() -> None:
    async def test() -> None:
        async with serving() as service:
            client = RewardClient(settings(service.url, max_rollouts=2, max_connections=2, window_ms=1000))
            service.always = service.hangs
            # under way, waiting for a connection, waiting for others
            calls = [asyncio.create_task(client.score(rollout(number))) for number in range(7)]
            await service.arrived.wait()
            await client.close()
            scored = await asyncio.gather(*calls)
            assert {(one.result.reward, one.unscored, one.reason) for one in scored} == {
                (None, "unavailable", "the client was closed")
            }
            with pytest.raises(ClientClosed):
                await client.score(rollout(1))
            await client.close()

    run(test())


def test_a_defect_reaches_its_callers_and_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Sender, *args: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Sender, "_settle", broken)

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            ended = await asyncio.gather(*(client.score(rollout(n)) for n in range(2)), return_exceptions=True)
            assert [type(one) for one in ended] == [ZeroDivisionError] * 2

    run(test())
    assert "a defect of the reward client" in caplog.text


def test_each_event_loop_has_a_client_of_its_own_and_ends_it() -> None:
    clients: list[RewardClient] = []

    async def test() -> None:
        async with serving() as service:
            configured = settings(service.url)
            client = client_of(configured)
            assert client_of(configured.model_copy()) is client
            assert client_of(settings(service.url, recipe="medsage")) is not client
            assert (await client.score(rollout(1))).result.reward == 1.0
            clients.append(client)

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        run(test())
        run(test())
    assert clients[0] is not clients[1]

    async def after() -> None:
        for client in clients:
            with pytest.raises(ClientClosed, match="closed"):
                await client.score(rollout(1))

    run(after())


def test_a_client_refuses_the_loop_of_another() -> None:
    client = RewardClient(settings("http://127.0.0.1:1", attempts=1))

    async def score() -> None:
        assert (await client.score(rollout(1))).unscored == "unavailable"

    async def elsewhere() -> None:
        with pytest.raises(ClientClosed, match="another event loop"):
            await client.score(rollout(1))

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(score())
        run(elsewhere())
        loop.run_until_complete(client.close())
    finally:
        loop.close()


def test_closing_the_clients_of_a_loop_makes_room_for_new_ones() -> None:
    async def test() -> None:
        async with serving() as service:
            configured = settings(service.url)
            first = client_of(configured)
            assert (await first.score(rollout(1))).result.reward == 1.0
            await close_clients()
            second = client_of(configured)
            assert second is not first
            assert (await second.score(rollout(2))).result.reward == 2.0

    run(test())


def test_calls_pending_in_a_loop_that_was_closed_are_disposed_of_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[BaseException | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda problem: raised.append(problem.exc_value))

    async def begin() -> asyncio.Task[Scored]:
        client = RewardClient(settings("http://127.0.0.1:1", window_ms=5000))
        call = asyncio.create_task(client.score(rollout(1)))
        await asyncio.sleep(0)
        return call

    loop = asyncio.new_event_loop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # nobody could close the connections either
        call: asyncio.Task[Scored] | None = loop.run_until_complete(begin())
        assert call is not None
        loop.close()
        call = None
        gc.collect()
    assert raised == []
