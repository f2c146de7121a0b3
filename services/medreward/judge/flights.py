"""Single flight: equal work under way is done once, and stopped when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Flight(Generic[Value]):
    def __init__(self, task: asyncio.Task[Value]) -> None:
        self.task = task
        self.waiting = 0


class Flights(Generic[Key, Value]):
    """Work under way, by key. For one event loop."""

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Value]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def under_way(self, key: Key) -> bool:
        """Whether :meth:`share` would join rather than start."""
        return key in self._flights

    async def share(self, key: Key, start: Callable[[], Awaitable[Value]]) -> Value:
        """What ``start`` returns or raises; when that work is under way already, its outcome.

        Cancelling a waiter cancels the work only when it was the last one.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(_run(start)))
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                # nobody joins work that is being cancelled
                self._forget(key, flight)
                flight.task.cancel()

    def _forget(self, key: Key, flight: _Flight[Value]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # seen: its waiters may all have left


async def _run(start: Callable[[], Awaitable[Value]]) -> Value:
    return await start()
