"""The gRPC door without Ray: the servicer behind grpc's own server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import load_examples
from medreward.ingress.grpc import ERROR_METADATA, RewardServicer
from medreward.observability.observer import Observer
from medreward.scoring.pipeline import Pipeline

Use = Callable[[pb_grpc.RewardServiceStub], Awaitable[Any]]


def serve_and(use: Use) -> Any:
    async def run() -> Any:
        server = grpc.aio.server()
        settings = load_settings()
        servicer = RewardServicer(
            build_pipeline(settings), build_desk(settings, None), RequestLimits(rollouts=2, body_mib=0.01), Observer()
        )
        pb_grpc.add_RewardServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                return await use(pb_grpc.RewardServiceStub(channel))
        finally:
            await server.stop(None)

    return asyncio.run(run())


async def unary(stub: pb_grpc.RewardServiceStub, message: pb.ScoreRequest) -> Any:
    return await stub.Score(message, timeout=10)


async def streamed(stub: pb_grpc.RewardServiceStub, message: pb.ScoreRequest) -> Any:
    return [one async for one in stub.ScoreStream(message, timeout=10)]


@pytest.mark.parametrize("call", [unary, streamed])
@pytest.mark.parametrize(
    ("message", "code", "path"),
    [
        (pb.ScoreRequest(recipe="nope", rollouts=[pb.Rollout(id="x")]), "invalid", "recipe"),
        (pb.ScoreRequest(recipe="gemex"), "invalid", "rollouts"),
        (pb.ScoreRequest(recipe="gemex", rollouts=[pb.Rollout()] * 3), "too_large", "rollouts"),
        (pb.ScoreRequest(recipe="gemex", rollouts=[pb.Rollout(id="x" * 20_000)]), "too_large", None),
        (pb.ScoreRequest(recipe="gemex", deadline_ms=0, rollouts=[pb.Rollout()]), "invalid", "deadline_ms"),
    ],
)
def test_a_refusal_has_a_status_and_its_fields(
    call: Any, message: pb.ScoreRequest, code: str, path: str | None
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        serve_and(lambda stub: call(stub, message))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    trailing = {str(key): value for key, value in caught.value.trailing_metadata() or ()}
    error = pb.ErrorReply.FromString(trailing[ERROR_METADATA]).error
    assert (error.code, [field.path for field in error.fields]) == (code, [path] if path else [])


@pytest.mark.parametrize("call", [unary, streamed])
def test_a_defect_is_told_without_its_traceback(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Pipeline, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Pipeline, "stream", broken)
    message = codec.request_to_proto(t.ScoreRequest(recipe="gemex", rollouts=load_examples("gemex")[:1]))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        serve_and(lambda stub: call(stub, message))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in (caught.value.details() or "")


def test_the_call_s_own_deadline_bounds_the_batch() -> None:
    message = codec.request_to_proto(
        t.ScoreRequest(recipe="gemex", deadline_ms=60_000, rollouts=load_examples("gemex")[:1])
    )
    response = serve_and(lambda stub: unary(stub, message))
    assert response.results[0].reward == 2.0
