"""What a browser is told about replies: not to guess their type, and of the pages for people, to load nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[Any]]
_Send = Callable[[Any], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

ALWAYS = {"x-content-type-options": "nosniff"}
"""on every reply"""

PAGES = {
    "content-security-policy": (
        # Swagger UI sets styles on its elements; its scripts and its style sheet are this service's own
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""on ``/docs``, what it loads, and ``/openapi.json``, beside those"""

_Pairs = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """ASGI middleware: puts them on replies."""

    def __init__(self, app: _App) -> None:
        self._app = app
        self._always = _pairs(ALWAYS)
        self._pages = _pairs({**ALWAYS, **PAGES})

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._pages if _is_page(scope) else self._always

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self._app(scope, receive, with_headers)


def _is_page(scope: _Scope) -> bool:
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    path = path[len(root) :] if root and path.startswith(root + "/") else path
    return path in ("/docs", "/openapi.json") or path.startswith("/docs/")


def _pairs(headers: dict[str, str]) -> _Pairs:
    return [(name.encode(), value.encode()) for name, value in headers.items()]
