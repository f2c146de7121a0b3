"""How much the engine is asked at a time. There is one judge for the whole service, so these limits are global."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter

from medreward.contract.errors import ServiceError
from medreward.judge.types import Meter


class Gate:
    """At most ``concurrency`` calls inside, ``queued`` waiting, and ``rate_per_s`` a second."""

    def __init__(self, concurrency: int, queued: int, rate_per_s: float | None = None) -> None:
        self._free = asyncio.Semaphore(concurrency)
        self._queued = queued
        # a tenth of a second's worth at a time: a burst of a whole second would not be a rate
        self._rate = (
            AsyncLimiter(max(1.0, rate_per_s / 10), max(1.0, rate_per_s / 10) / rate_per_s) if rate_per_s else None
        )
        self.waiting = 0
        """calls that wait"""
        self.inside = 0
        """calls that were let in and have not ended"""
        self.meter: Meter | None = None
        """who is told when these two change"""

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Inside the gate. Waits without a limit of its own: the caller is cancelled at its deadline.

        Raises:
            ServiceError: ``overloaded``, when it would have to wait and too many do already.
        """
        full = self._free.locked() or (self._rate is not None and not self._rate.has_capacity())
        if full and self.waiting >= self._queued:
            raise ServiceError("overloaded", f"{self.waiting} judgements wait already, and no more may")
        self.waiting += 1
        self._tell()
        try:
            await self._free.acquire()
            try:
                if self._rate is not None:
                    await self._rate.acquire()
            except BaseException:
                self._free.release()
                raise
        except BaseException:
            self.waiting -= 1
            self._tell()
            raise
        self.waiting -= 1
        self.inside += 1
        self._tell()
        try:
            yield
        finally:
            self.inside -= 1
            self._tell()
            self._free.release()

    def _tell(self) -> None:
        if self.meter is not None:
            self.meter.queue(self.waiting, self.inside)
