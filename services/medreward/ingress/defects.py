"""What becomes of a defect of ours: it is logged and told as one, and never leaves the application.

Starlette's own handler for it stands outside all middleware, so that its reply has none of their headers, and raises
the error anew, whose text Ray Serve then logs once more.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

log = logging.getLogger(__name__)

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[Any]]
_Send = Callable[[Any], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]


class BrokenOff(RuntimeError):
    """A reply had begun and cannot go on: the server closes the connection."""


class Defects:
    """ASGI middleware, the innermost."""

    def __init__(self, app: _App, answer: Callable[[str, Exception], _App]) -> None:
        """``answer`` logs the defect that was met at a path, and makes the answer."""
        self._app = app
        self._answer = answer

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Any) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun:
                log.exception("defect while serving %s", scope["path"])
                raise BrokenOff("a reply broke off by a defect of the service; its log has more") from None
            await self._answer(scope["path"], error)(scope, receive, send)
