"""Whether this process can score what its settings promise.

It is ready once every service that the settings want, judge and scorer, has answered it. It stays ready when one is
lost later: recipes that need none of it are still scored, and all replicas would leave at once, which mends nothing.
What is lost is told beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

State = Literal["ready", "starting", "silent"]


class Learning(Protocol):
    """A service of another process."""

    silent: bool
    """it did not answer when it was asked last"""

    def fingerprint(self) -> Mapping[str, str]:
        """As it last said it; empty before it has."""

    async def learn(self) -> None:
        """Asks for it, within a limit of its own; never raises."""


class Ready(NamedTuple):
    """Whether rollouts can be scored."""

    ready: bool
    services: dict[str, State]
    """``starting``: it has not answered yet; ``silent``: it has, but not when it was asked last"""


class Readiness:
    """Watches the services that the settings want, by name; without any, always ready."""

    def __init__(self, services: Mapping[str, Learning] | None = None) -> None:
        self._services = dict(services or {})
        self._learning: asyncio.Future[None] | None = None

    async def look(self) -> Ready:
        """How it is now; asks again who has not answered yet, once for all who wait here."""
        if any(not service.fingerprint() for service in self._services.values()):
            if self._learning is None or self._learning.done():
                self._learning = asyncio.ensure_future(self.learn())
            await asyncio.shield(self._learning)
        states = {name: _state(service) for name, service in self._services.items()}
        return Ready("starting" not in states.values(), states)

    async def learn(self) -> None:
        """Asks all of them."""
        await asyncio.gather(*(service.learn() for service in self._services.values()))


def _state(service: Learning) -> State:
    if not service.fingerprint():
        return "starting"
    return "silent" if service.silent else "ready"
