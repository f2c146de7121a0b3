"""Which calls leave together."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from medreward.contract import ScoreRequest, ScoreResponse
from medreward_trainer.client import RewardClient

from .service import replies, reply, rollout, run, serving, settings

WINDOW_MS = 300.0  # longer than any burst of a test takes to start


def test_calls_of_one_burst_leave_as_few_requests_and_each_gets_its_own_result() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_rollouts=40)) as client:
            scored = await asyncio.gather(*(client.score(rollout(number)) for number in range(100)))
            assert [one.result.reward for one in scored] == list(map(float, range(100)))
            assert [one.result.id for one in scored] == [f"r{number}" for number in range(100)]
            assert sorted(service.sizes) == [20, 40, 40]
            assert client.stats.coalescing == 100 / 3

    run(test())


def test_the_order_is_kept_when_later_requests_are_answered_first() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_rollouts=3)) as client:

            async def tells(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
                service.go_on.set()
                return await replies(reply)(request, decoded)

            service.faults = [service.hangs, replies(reply), tells]
            scored = await client.score_many([rollout(number) for number in range(9)])
            assert [one.result.reward for one in scored] == list(map(float, range(9)))
            assert service.sizes == [3, 3, 3]

    run(test())


def test_a_full_batch_leaves_at_once_and_the_rest_waits_for_its_window() -> None:
    async def test() -> None:
        async with (
            serving() as service,
            RewardClient(settings(service.url, max_rollouts=4, window_ms=10_000)) as client,
        ):
            calls = [asyncio.create_task(client.score(rollout(number))) for number in range(5)]
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            assert service.sizes == [4]
            assert not calls[4].done()
            await client.close()
            assert (await calls[4]).unscored == "unavailable"

    run(test())


def test_bytes_of_a_request_are_bounded_and_a_large_rollout_travels_alone() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_bytes=10_000)) as client:
            texts = ["x" * 2_000] * 9 + ["x" * 30_000]
            scored = await client.score_many([rollout(n, response=text) for n, text in enumerate(texts)])
            assert [one.result.reward for one in scored] == list(map(float, range(10)))
            *others, alone = sorted(service.bytes)
            assert alone > 30_000
            assert max(others) <= 10_000
            assert sorted(service.sizes) == [1, 1, 4, 4]

    run(test())


def test_what_is_asked_differently_leaves_apart() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, window_ms=WINDOW_MS)) as client:
            await asyncio.gather(
                client.score(rollout(0)),
                client.score(rollout(1), recipe="gemex"),
                client.score(rollout(2), recipe="medsage"),
                client.score(rollout(3), components={"answer": 1.0, "format": 0.5}),
                client.score(rollout(4), components={"format": 0.5, "answer": 1.0}),
                client.score(rollout(5), explain=True),
            )
            asked = {(r.recipe, tuple(r.components), r.explain): len(r.rollouts) for r in service.requests}
            assert asked == {
                ("gemex", (), False): 2,
                ("medsage", (), False): 1,
                ("", ("answer", "format"), False): 2,
                ("gemex", (), True): 1,
            }

    run(test())


def test_a_caller_in_a_hurry_does_not_cut_short_the_others() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, window_ms=WINDOW_MS)) as client:
            limits = (2.5, 3.5, 60.0, 100.0)
            await asyncio.gather(*(client.score(rollout(n), deadline_s=s) for n, s in enumerate(limits)))
            sent = sorted((request.deadline_ms or 0, len(request.rollouts)) for request in service.requests)
            assert [size for _, size in sent] == [2, 1, 1]
            # each request has the smallest of its own callers' deadlines, less what the way back takes
            for (deadline_ms, _), limit_s in zip(sent, (2.5, 60.0, 100.0), strict=True):
                assert 0 < deadline_ms <= limit_s * 1000 - 225
                assert deadline_ms > limit_s * 1000 - 2000

    run(test())


def test_while_all_connections_are_busy_calls_gather_into_one_request() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_connections=1, window_ms=0)) as client:
            service.faults = [service.hangs]
            first = asyncio.create_task(client.score(rollout(0)))
            await service.arrived.wait()
            others = []
            for number in range(1, 9):
                others.append(asyncio.create_task(client.score(rollout(number))))
                await asyncio.sleep(0.005)
            service.go_on.set()
            await asyncio.gather(first, *others)
            assert service.sizes == [1, 8]

    run(test())


def test_score_many_bounds_what_is_under_way() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_pending=10)) as client:
            scored = await client.score_many(rollout(number) for number in range(25))
            assert [one.result.reward for one in scored] == list(map(float, range(25)))
            assert service.sizes == [10, 10, 5]

    run(test())


def test_an_absent_reward_stays_absent() -> None:
    def without_a_judge(request: ScoreRequest) -> ScoreResponse:
        good = reply(request)
        components = {"answer": msgspec.structs.replace(good.results[0].components["answer"])}
        components["semantics"] = msgspec.structs.replace(components["answer"], status="unavailable", value=None)
        absent = msgspec.structs.replace(good.results[0], reward=None, components=components)
        return msgspec.structs.replace(good, results=[absent])

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.faults = [replies(without_a_judge)]
            scored = await client.score(rollout(1))
            assert (scored.result.reward, scored.unscored, scored.status) == (None, "", "unavailable")
            assert scored.result.components["answer"].value == 1.0
            assert scored.result.components["semantics"].value is None
            assert scored.fingerprint is not None
            assert service.sizes == [1]
            assert client.stats.absent["unavailable"] == 1
            assert client.stats.unscored["unavailable"] == 0

    run(test())
