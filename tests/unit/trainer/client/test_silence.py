"""Endpoints that take a request and say nothing."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from medreward.contract import ScoreRequest
from medreward_trainer.client import RewardClient

from .service import replies, reply, rollout, run, serving, settings


def test_a_silent_endpoint_has_a_share_of_the_deadline_and_the_next_one_replies() -> None:
    async def test() -> None:
        async with (
            serving() as silent,
            serving() as good,
            RewardClient(settings(silent.url, good.url)) as client,
        ):
            silent.always = silent.hangs
            scored = await client.score_many([rollout(1), rollout(2)], deadline_s=2)
            assert [one.result.reward for one in scored] == [1.0, 2.0]
            # the one that replied is kept, the other is let go
            await silent.hung_up.wait()
            assert (await client.score(rollout(3), deadline_s=2)).result.reward == 3.0
            assert (silent.sizes, good.sizes) == ([2], [2, 1])
            # what the second is told of the deadline is what was left of it
            assert (good.requests[0].deadline_ms or 0) < (silent.requests[0].deadline_ms or 0)
            assert (client.stats.scored, client.stats.rollouts) == (3, 3)

    run(test())


def test_the_last_of_several_silent_endpoints_is_still_reached() -> None:
    async def test() -> None:
        async with (
            serving() as one,
            serving() as two,
            serving() as good,
            RewardClient(settings(one.url, two.url, good.url)) as client,
        ):
            one.always, two.always = one.hangs, two.hangs
            assert (await client.score(rollout(1), deadline_s=3)).result.reward == 1.0
            assert (one.sizes, two.sizes, good.sizes) == ([1], [1], [1])

    run(test())


def test_an_endpoint_that_is_slow_is_not_given_up_for_the_next_one() -> None:
    async def test() -> None:
        async with (
            serving() as slow,
            serving() as other,
            RewardClient(settings(slow.url, other.url)) as client,
        ):
            slow.always, other.always = slow.hangs, other.hangs
            call = asyncio.create_task(client.score(rollout(1), deadline_s=4))
            await other.arrived.wait()
            slow.go_on.set()
            assert (await call).result.reward == 1.0
            await other.hung_up.wait()
            assert (slow.sizes, other.sizes) == ([1], [1])

    run(test())


def test_one_that_fails_while_another_is_slow_does_not_end_the_attempt() -> None:
    async def test() -> None:
        async with serving() as slow, serving() as other:

            async def fails(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
                slow.go_on.set()
                return web.Response(status=503)

            async with RewardClient(settings(slow.url, other.url)) as client:
                slow.always, other.always = slow.hangs, fails
                assert (await client.score(rollout(1), deadline_s=4)).result.reward == 1.0
                assert (slow.sizes, client.stats.retries["unavailable"]) == ([1], 0)

    run(test())


def test_silence_everywhere_is_a_timeout_and_every_request_is_cancelled() -> None:
    async def test() -> None:
        async with (
            serving() as one,
            serving() as two,
            RewardClient(settings(one.url, two.url)) as client,
        ):
            one.always, two.always = one.hangs, two.hangs
            scored = await client.score(rollout(1), deadline_s=1)
            assert (scored.unscored, scored.result.reward) == ("timeout", None)
            await one.hung_up.wait()
            await two.hung_up.wait()

    run(test())


def test_a_single_endpoint_may_use_the_whole_deadline() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:

            async def late(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
                await asyncio.sleep(1.5)
                return await replies(reply)(request, decoded)

            service.always = late
            assert (await client.score(rollout(1), deadline_s=2.5)).result.reward == 1.0
            assert service.sizes == [1]

    run(test())


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_something_that_accepts_and_never_speaks_is_passed_over(scheme: str) -> None:
    async def test() -> None:
        mute = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        url = f"{scheme}://127.0.0.1:{mute.sockets[0].getsockname()[1]}"
        try:
            async with serving() as good, RewardClient(settings(url, good.url)) as client:
                assert (await client.wait_until_ready(10)).ready
                assert good.ready_asked == 1
            async with serving() as good, RewardClient(settings(url, good.url)) as client:
                assert (await client.score(rollout(1), deadline_s=4)).result.reward == 1.0
        finally:
            mute.close()

    run(test())
