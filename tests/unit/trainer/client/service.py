"""A fake of the service, for faults only: it speaks the contract, scores a rollout by its number, and fails as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web

from medreward.contract import (
    Component,
    Fingerprint,
    RequestError,
    Result,
    Rollout,
    ScoreRequest,
    ScoreResponse,
    Timing,
    codec,
)
from medreward.contract.errors import WIRE_STATUS
from medreward.serve.environment import free_port
from medreward_trainer.client import ClientSettings

LIMIT_S = 30.0  # of a whole test: what hangs fails
FINGERPRINT = Fingerprint(version="1", recipe="gemex", recipe_hash="abc")

Kind = TypeVar("Kind")
Fault = Callable[[web.Request, ScoreRequest], Awaitable[web.StreamResponse]]


def run(test: Coroutine[Any, Any, Kind]) -> Kind:
    """Runs a test in an event loop of its own."""
    return asyncio.run(asyncio.wait_for(test, LIMIT_S))


def rollout(number: int, **fields: Any) -> Rollout:
    """One that the fake gives the reward ``number``."""
    return Rollout(id=f"r{number}", **{"response": "text", **fields})


def result(id: str, reward: float | None, status: Any = "ok") -> Result:
    """A result of one component."""
    return Result(
        id=id, reward=reward, components={"answer": Component(status=status, value=reward, weight=1.0, detail="")}
    )


def reply(request: ScoreRequest) -> ScoreResponse:
    """A good one."""
    results = [result(one.id, float(one.id[1:]) if one.id[1:].isdigit() else 0.0) for one in request.rollouts]
    return ScoreResponse(results, FINGERPRINT, Timing(0.0, 0.0, 0.0))


def says(status: int, body: bytes = b"", **headers: str) -> Fault:
    """Answers with a status and a body, as a proxy would."""

    async def fault(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return fault


def replies(change: Callable[[ScoreRequest], ScoreResponse]) -> Fault:
    """Replies with 200 and what ``change`` makes."""

    async def fault(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        return web.Response(body=codec.encode(change(decoded)), content_type="application/json")

    return fault


async def kills(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
    """Ends the connection instead of a reply."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


class Service:
    """What the fake was sent, and what it is to do."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.faults: list[Fault] = []
        """of the next requests, one each"""
        self.always: Fault | None = None
        """of every request, while there is one"""
        self.ready = 200
        self.requests: list[ScoreRequest] = []
        self.bytes: list[int] = []
        self.headers: list[dict[str, str]] = []
        self.ready_asked = 0
        self.arrived = asyncio.Event()
        """set by every request"""
        self.hung_up = asyncio.Event()
        """set when a client left before its reply"""
        self.go_on = asyncio.Event()
        """what :meth:`hangs` waits for"""

    @property
    def sizes(self) -> list[int]:
        """Rollouts of each request."""
        return [len(request.rollouts) for request in self.requests]

    async def hangs(self, request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        """Replies only when it is told to go on."""
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.hung_up.set()
            raise
        return web.Response(body=codec.encode(reply(decoded)))

    async def score(self, request: web.Request) -> web.StreamResponse:
        """``POST /v1/score``; decodes and refuses by the contract's own codec."""
        body = await request.read()
        self.bytes.append(len(body))
        self.headers.append(dict(request.headers))
        try:
            decoded = codec.decode_request(body, codec.Limits())
        except RequestError as error:
            self.requests.append(ScoreRequest())
            return web.json_response(error.body(), status=WIRE_STATUS[error.code].http)
        self.requests.append(decoded)
        self.arrived.set()
        fault = self.faults.pop(0) if self.faults else self.always
        return await (fault or replies(reply))(request, decoded)

    async def readyz(self, request: web.Request) -> web.StreamResponse:
        """``GET /readyz``."""
        self.ready_asked += 1
        return web.Response(status=self.ready)


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[Service]:
    """The fake on a port of this machine."""
    service = Service(port or free_port())
    app = web.Application(client_max_size=64 * 2**20)
    app.add_routes([web.post("/v1/score", service.score), web.get("/readyz", service.readyz)])
    # handlers hear that their client left, and a test's end waits for none
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(service.url.rpartition(":")[2])).start()
    try:
        yield service
    finally:
        service.go_on.set()
        await runner.cleanup()


def settings(*urls: str, **fields: Any) -> ClientSettings:
    """Impatient ones."""
    usual = {"recipe": "gemex", "deadline_s": 20.0, "first_wait_s": 0.005, "longest_wait_s": 0.02}
    return ClientSettings(urls=list(urls), **{**usual, "circuit_probe_s": 0.02, **fields})
