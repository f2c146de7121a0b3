"""A real server of the HTTP application in a thread, and doors before it that misbehave in a known way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import RequestLimits, Settings
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer


class Answer(NamedTuple):
    """What a door says instead of the application."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = {}
    after_s: float = 0.0


Plan = Callable[[int], Answer | float | None]
"""number of the score request, from 0 -> an answer, seconds to wait before the application answers, or nothing"""


class Door:
    """The application with a plan before its ``/v1/score``."""

    def __init__(self, plan: Plan = lambda number: None, limits: RequestLimits | None = None) -> None:
        settings = Settings()
        judge = build_judge(settings.judge)
        pipeline, desk = build_pipeline(settings, judge=judge), build_desk(settings, judge)
        self._app = create_app(pipeline, desk, limits or RequestLimits(), Observer())
        self._plan = plan
        self.arrived: list[float] = []
        """when each score request came in, in seconds of ``time.monotonic``"""
        self.at_once = 0
        self.most_at_once = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/score":
            await self._app(scope, receive, send)
            return
        number = len(self.arrived)
        self.arrived.append(time.monotonic())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            planned = self._plan(number)
            if isinstance(planned, Answer):
                await asyncio.sleep(planned.after_s)
                headers = [(name.encode(), value.encode()) for name, value in planned.headers.items()]
                await send({"type": "http.response.start", "status": planned.status, "headers": headers})
                await send({"type": "http.response.body", "body": planned.body})
                return
            if planned is not None:
                await asyncio.sleep(planned)
            await self._app(scope, receive, send)
        finally:
            self.at_once -= 1


class Running(NamedTuple):
    """A server that runs."""

    url: str
    stop: Callable[[], None]
    """at once, with its connections"""


@contextmanager
def running(app: Any) -> Iterator[Running]:
    """The application on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = server.force_exit = True

    try:
        until = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < until, "uvicorn did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Running(f"http://127.0.0.1:{port}", stop)
    finally:
        stop()
        thread.join(20)
