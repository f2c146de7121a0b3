"""Against the service itself, without Ray: its HTTP application behind uvicorn, its servicer behind grpc."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import grpc
import msgspec
import pytest
import uvicorn

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.contract import ScoreRequest
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import load_examples
from medreward.ingress.grpc import RewardServicer
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer
from medreward_trainer.client import RequestRefused, RewardClient, ServiceLost

from .service import run, settings

LONG = "x" * 300_000


@contextlib.asynccontextmanager
async def http(limits: RequestLimits) -> AsyncIterator[str]:
    configured = load_settings()
    app = create_app(build_pipeline(configured), build_desk(configured, None), limits, Observer())
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextlib.asynccontextmanager
async def over_grpc(limits: RequestLimits) -> AsyncIterator[str]:
    configured = load_settings()
    servicer = RewardServicer(build_pipeline(configured), build_desk(configured, None), limits, Observer())
    server = grpc.aio.server()
    pb_grpc.add_RewardServiceServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture(params=[http, over_grpc], ids=["http", "grpc"])
def service(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("recipe", ["gemex", "medsage"])
def test_results_are_those_of_the_service_in_process(service: Any, recipe: str) -> None:
    examples = load_examples(recipe)

    async def test() -> None:
        async with (
            service(RequestLimits()) as url,
            RewardClient(settings(url, recipe=recipe, max_rollouts=3)) as client,
        ):
            for explain in (False, True):
                wanted = await build_pipeline(load_settings()).score(
                    ScoreRequest(recipe=recipe, rollouts=examples, explain=explain)
                )
                scored = await asyncio.gather(*(client.score(one, explain=explain) for one in examples))
                assert plain([one.result for one in scored]) == plain(wanted.results)
                assert all(one.fingerprint == wanted.fingerprint for one in scored)

    run(test())


def plain(results: list[Any]) -> Any:
    """As JSON has it: a protobuf Struct knows no integers, and JSON no tuples."""
    return msgspec.json.decode(msgspec.json.encode(results))


def test_an_absent_reward_of_the_service_stays_absent(service: Any) -> None:
    example = msgspec.structs.replace(load_examples("gemex")[0], question_type="riddle")

    async def test() -> None:
        async with service(RequestLimits()) as url, RewardClient(settings(url)) as client:
            scored = await client.score(example)
            assert (scored.result.reward, scored.unscored, scored.status) == (None, "", "invalid_input")
            assert {one.value for one in scored.result.components.values()} == {None}

    run(test())


def test_the_service_s_refusal_of_one_rollout_is_that_caller_s_alone(service: Any) -> None:
    good = load_examples("gemex")[0]
    bad = msgspec.structs.replace(good, id="bad", response=LONG)
    wrong = msgspec.structs.replace(good, id="wrong", group_id=5)

    async def test() -> None:
        async with service(RequestLimits()) as url, RewardClient(settings(url)) as client:
            ended = await asyncio.gather(
                *(client.score(one) for one in (good, bad, good, wrong)), return_exceptions=True
            )
            assert [type(one).__name__ for one in ended] == ["Scored", "RequestRefused", "Scored", "RequestRefused"]
            assert isinstance(ended[1], RequestRefused)
            assert (ended[1].code, ended[1].field, ended[1].rollout) == ("too_large", "response", "bad")
            assert isinstance(ended[3], RequestRefused)
            assert (ended[3].code, ended[3].rollout) == ("invalid", "wrong")

    run(test())


def test_the_service_is_checked_before_a_run(service: Any) -> None:
    async def test() -> None:
        async with service(RequestLimits()) as url, RewardClient(settings(url)) as client:
            assert (await client.wait_until_ready(10)).ready
            found = await client.check()
            assert (found.recipe, found.components) == ("gemex", ("grounding", "semantics"))
            assert len(found.recipe_hash) > 3
            with pytest.raises(RequestRefused, match="nope") as caught:
                await client.check("nope")
            assert (caught.value.code, caught.value.field) == ("invalid", "recipe")

    run(test())


@pytest.mark.parametrize(("limits", "field"), [({"rollouts": 100}, "max_rollouts"), ({"body_mib": 1.0}, "max_bytes")])
def test_a_service_that_takes_less_than_we_would_send_is_told_at_the_check(limits: Any, field: str) -> None:
    async def test() -> None:
        async with http(RequestLimits(**limits)) as url, RewardClient(settings(url)) as client:
            with pytest.raises(RequestRefused) as caught:
                await client.check()
            assert (caught.value.code, caught.value.field) == ("too_large", field)

    run(test())


def test_a_reply_beyond_our_limit_is_no_reply(service: Any) -> None:
    examples = load_examples("gemex") * 8

    async def test() -> None:
        configured = {"max_reply_bytes": 4096, "attempts": 2}
        async with service(RequestLimits()) as url, RewardClient(settings(url, **configured)) as client:
            scored = await client.score_many(examples, explain=True)
            assert {(one.result.reward, one.unscored) for one in scored} == {(None, "unavailable")}
            assert "max_reply_bytes" in scored[0].reason
            assert "the last of 2 attempts" in scored[0].reason

    run(test())


def test_no_service_is_told_at_the_check() -> None:
    async def test() -> None:
        async with RewardClient(settings("http://127.0.0.1:1", attempts=1)) as client:
            with pytest.raises(ServiceLost, match="unavailable"):
                await client.check()

    run(test())


def test_a_second_protocol_takes_over_when_the_first_is_gone() -> None:
    example = load_examples("gemex")[0]

    async def test() -> None:
        async with contextlib.AsyncExitStack() as stack:
            first = contextlib.AsyncExitStack()
            urls = [await first.enter_async_context(over_grpc(RequestLimits()))]
            urls.append(await stack.enter_async_context(http(RequestLimits())))
            client = await stack.enter_async_context(RewardClient(settings(*urls)))
            before = await client.score(example)
            await first.aclose()
            after = await client.score(example)
            assert before.result == after.result
            assert after.result.reward is not None

    run(test())
