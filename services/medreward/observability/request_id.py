"""The request that the running task works for, and its id.

The id is the caller's ``x-request-id`` (HTTP header, gRPC metadata), or a new one where that is missing or no plain
name. It goes back with the reply, and stands in every line of the log and every span.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

HEADER = "x-request-id"
"""of HTTP, in lower case, and of gRPC's metadata"""

_PLAIN = re.compile(r"[A-Za-z0-9._:/@+=-]{1,128}")

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[Any]]
_Send = Callable[[Any], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]


class Request:
    """What is known of a request while it is answered."""

    __slots__ = ("begun", "client", "method", "protocol", "request_id", "told")

    def __init__(self, request_id: str, client: str = "") -> None:
        self.request_id = request_id
        self.client = client
        """whose API key it came with; empty: not known"""
        self.protocol = ""
        self.method = ""
        self.begun: float | None = None
        """when its work began, on the clock of ``time.monotonic``; None before that"""
        self.told = False
        """whether its line is in the log"""


_current: ContextVar[Request | None] = ContextVar("medreward_request", default=None)


def current() -> Request | None:
    """The request that this task works for; None when it works for none."""
    return _current.get()


def work_for(request: Request | None) -> None:
    """From here on this task, and those that it starts, work for ``request``."""
    _current.set(request)


def request_id_of(sent: str | None) -> str:
    """``sent``, where it is one to log as it is: up to 128 letters, digits and ``._:/@+=-``; else a new one."""
    return sent if sent is not None and _PLAIN.fullmatch(sent) else str(uuid.uuid4())


class RequestIds:
    """ASGI middleware, the outermost: each HTTP request gets its id, and the reply names it."""

    def __init__(self, app: _App, echoed: bool = False) -> None:
        """``echoed``: the server before it puts what was sent as ``x-request-id`` on the reply by itself."""
        self._app = app
        self._echoed = echoed

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = HEADER.encode()
        sent = next((value for header, value in scope["headers"] if header == name), None)
        text = None if sent is None else sent.decode("latin-1")
        request = Request(request_id_of(text))
        work_for(request)
        if self._echoed and request.request_id == text:
            # a second header of the same value would read as a list of two
            await self._app(scope, receive, send)
            return

        async def named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (name, request.request_id.encode())]
            await send(message)

        await self._app(scope, receive, named)
