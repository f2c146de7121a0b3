"""An endpoint of the tests' own, on a real socket, that answers or misbehaves as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from medreward.judge.prompt import render
from medreward.judge.rubrics import load_rubrics
from medreward.judge.types import Prompt

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

GOOD: dict[str, Any] = {
    "choices": [{"message": {"role": "assistant", "content": '9,"assistant2":3,'}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 400, "completion_tokens": 28, "prompt_tokens_details": {"cached_tokens": 384}},
}


def prompt(candidate: str = "no effusion", **options: Any) -> Prompt:
    """A prompt of the semantics rubric."""
    fields = {"question": "What is seen?", "context": "", "reference": "pleural effusion", "candidate": candidate}
    return render(load_rubrics()["semantics"], fields, **options)


class Endpoint:
    """What was asked of the endpoint, and where it is."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.Request] = []
        self.bodies: list[Any] = []
        self.asked = asyncio.Event()
        """set when the first request has arrived"""
        self.cancelled = asyncio.Event()
        """set when a client hung up on a handler"""


@asynccontextmanager
async def endpoint(chat: Handler | None = None, **others: Handler) -> AsyncIterator[Endpoint]:
    """Serves ``chat`` at /v1/chat/completions and each of the others at the path of its name, ``_`` for ``/``."""
    seen = Endpoint()

    def noted(handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            seen.requests.append(request)
            seen.asked.set()
            if request.can_read_body:
                seen.bodies.append(await request.json())
            try:
                return await handler(request)
            except asyncio.CancelledError:
                seen.cancelled.set()
                raise

        return handle

    application = web.Application()
    application.router.add_post("/v1/chat/completions", noted(chat or replies(GOOD)))
    for name, handler in others.items():
        application.router.add_get("/" + name.replace("_", "/"), noted(handler))
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    seen.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[attr-defined]
    try:
        yield seen
    finally:
        await runner.cleanup()


def replies(body: object, status: int = 200, **headers: str) -> Handler:
    """Answers with this JSON."""

    async def handle(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return handle


def writes(text: str) -> Handler:
    """Answers with this text, said to be JSON."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    return handle


async def hangs(_: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection without a word."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """Promises more of a body than it sends."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"message"')
    assert request.transport is not None
    request.transport.close()
    return response
