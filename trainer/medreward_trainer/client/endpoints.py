"""Several addresses of one service: the healthy one is kept, the next is tried when it fails."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from medreward.contract import Rollout, ScoreResponse
from medreward_trainer.client.errors import Failure, Refusal
from medreward_trainer.client.grpc import GrpcEndpoint
from medreward_trainer.client.http import HttpEndpoint
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.client.types import Ask, ServiceLimits

_Kind = TypeVar("_Kind")


class Endpoint(Protocol):
    """One address. Every call raises :class:`Failure` or :class:`Refusal` and has no limit of its own."""

    url: str

    async def score(
        self, ask: Ask, rollouts: Sequence[Rollout], encoded: Sequence[bytes], deadline_ms: int
    ) -> ScoreResponse:
        """One request."""
        ...

    async def ready(self) -> None:
        """Returns when rollouts can be scored."""
        ...

    async def limits(self) -> ServiceLimits | None:
        """What the service takes, if it says so over this protocol."""
        ...

    async def close(self) -> None:
        """Ends its connections."""
        ...


def connect(settings: ClientSettings) -> list[Endpoint]:
    """The endpoints of the settings, in their order; nothing is sent yet. Call it within the event loop."""
    return [(GrpcEndpoint if url.startswith("grpc") else HttpEndpoint)(url, settings) for url in settings.urls]


class Endpoints:
    """All of them as if they were one. Raises as one does, of several failures the last.

    One that fails is followed by the next at once. One that is silent is followed by the next when its share of the
    time is over, but it is not given up: a service that is merely slow may still be the first to reply.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._kept = 0

    @property
    def url(self) -> str:
        """The endpoint that is asked first."""
        return self._endpoints[self._kept].url

    async def score(
        self, ask: Ask, rollouts: Sequence[Rollout], encoded: Sequence[bytes], deadline_ms: Callable[[], int]
    ) -> ScoreResponse:
        """One request, whose time ``deadline_ms`` tells at each endpoint anew."""
        return await self._first(
            lambda one: one.score(ask, rollouts, encoded, deadline_ms()), lambda: deadline_ms() / 1000
        )

    async def ready(self, limit_s: float) -> None:
        """Returns when one of them is ready; the caller sees to the limit."""
        await self._first(lambda one: one.ready(), _countdown(limit_s))

    async def limits(self, limit_s: float) -> ServiceLimits | None:
        """Of the one that replies; the caller sees to the limit."""
        return await self._first(lambda one: one.limits(), _countdown(limit_s))

    async def close(self) -> None:
        """Ends all connections."""
        for endpoint in self._endpoints:
            await endpoint.close()

    async def _first(
        self, call: Callable[[Endpoint], Coroutine[Any, Any, _Kind]], left_s: Callable[[], float]
    ) -> _Kind:
        if len(self._endpoints) == 1:
            return await call(self._endpoints[0])
        others = [index for index in range(len(self._endpoints)) if index != self._kept]
        waiting = deque([self._kept, *others])
        running: dict[asyncio.Task[_Kind], int] = {}
        lost: Failure | None = None
        try:
            while waiting or running:
                if waiting:
                    index = waiting.popleft()
                    running[asyncio.create_task(call(self._endpoints[index]))] = index
                share_s = max(0.0, left_s()) / (len(waiting) + 1) if waiting else None
                done, _ = await asyncio.wait(running, timeout=share_s, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    try:
                        found = task.result()
                    except Refusal:
                        self._kept = running[task]
                        raise
                    except Failure as failure:
                        if not failure.elsewhere:
                            self._kept = running[task]
                            raise
                        lost = failure
                        del running[task]
                    else:
                        self._kept = running[task]
                        return found
        finally:
            for task in running:
                task.cancel()
            # also takes note of what they raise, which nobody is to hear of any more
            await asyncio.gather(*running, return_exceptions=True)
        assert lost is not None  # there is at least one endpoint, and each returned or raised
        raise lost


def _countdown(limit_s: float) -> Callable[[], float]:
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    return lambda: until - loop.time()
