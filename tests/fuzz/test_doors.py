"""What is no message, and a body that breaks off, are their sender's fault, and told so."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.contract.v1 import reward_pb2 as pb
from medreward.ingress.grpc import ERROR_METADATA, RewardServicer
from medreward.ingress.grpc_wire import add_reward_service
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer

TIMEOUT_S = 30.0
NO_MESSAGES = {
    "noise": b"\xff",
    "a length that lies": b"\x0a\xff\xff\xff\xff\x0fx",
    "groups": b"\x0b" * 5000,
    "no UTF-8": b"\x0a\x02\xff\xfe",
    "a huge length": b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
}


def parts() -> tuple[Any, Any]:
    settings = load_settings(judge={"engine": "none"})
    return build_pipeline(settings), build_desk(settings, None)


async def refused(method: str, payload: bytes) -> grpc.aio.AioRpcError:
    server = grpc.aio.server()
    add_reward_service(RewardServicer(*parts(), RequestLimits(), Observer()), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            path = f"/medreward.v1.RewardService/{method}"
            if method == "ScoreStream":
                async for _ in channel.unary_stream(path, bytes, bytes)(payload, timeout=TIMEOUT_S):
                    pass
            else:
                await channel.unary_unary(path, bytes, bytes)(payload, timeout=TIMEOUT_S)
    except grpc.aio.AioRpcError as error:
        return error
    finally:
        await server.stop(None)
    pytest.fail("it was taken")


@pytest.mark.parametrize("method", ["Score", "ScoreStream", "Judge"])
@pytest.mark.parametrize("payload", NO_MESSAGES.values(), ids=NO_MESSAGES)
def test_bytes_that_are_no_message_are_refused_as_malformed(method: str, payload: bytes) -> None:
    error = asyncio.run(refused(method, payload))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    metadata: Any = error.trailing_metadata()
    told = dict(metadata)[ERROR_METADATA]
    assert pb.ErrorReply.FromString(told).error.code == "malformed"


def test_a_sender_that_hangs_up_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(*parts(), RequestLimits(), Observer())
    said: list[dict[str, Any]] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"{", "more_body": True},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return said.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/score",
        "raw_path": b"/v1/score",
        "query_string": b"",
        "root_path": "",
        # a digit to Python, and no number
        "headers": [(b"content-length", "²".encode("latin-1"))],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert "defect" not in caplog.text
