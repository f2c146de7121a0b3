"""Calls that leave together."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable

from medreward.contract import Rollout
from medreward_trainer.client.errors import Failure
from medreward_trainer.client.types import Ask, Scored


class Call:
    """One rollout whose caller waits for ``future``."""

    __slots__ = ("batch", "begun", "encoded", "future", "last", "limit_s", "repeats", "rollout", "until")

    def __init__(self, rollout: Rollout, encoded: bytes, until: float, limit_s: float, repeats: int) -> None:
        self.rollout = rollout
        self.encoded = encoded
        self.until = until
        """the loop's time by which the caller wants to know"""
        self.limit_s = limit_s
        self.repeats = repeats
        """times that it may be sent again after a reply without a reward"""
        self.last: Scored | None = None
        """the last such reply"""
        self.future: asyncio.Future[Scored] = asyncio.get_running_loop().create_future()
        self.begun = time.perf_counter()
        self.batch: Batch | None = None


def bucket(limit_s: float) -> int:
    """Calls of one bucket have limits within a factor of two.

    A request is bound by the shortest of its callers' deadlines. Without buckets, one call with a second to live
    would cut short all those with minutes that happen to leave with it.
    """
    return math.frexp(limit_s)[1]


class Batch:
    """Calls of one ask and one bucket, in the order in which they came."""

    def __init__(self, ask: Ask, calls: Iterable[Call] = ()) -> None:
        self.ask = ask
        self.calls: dict[Call, None] = {}
        """those that have no result yet"""
        self.size = 0
        """bytes of their JSON, separators included"""
        self.open = True
        """whether more may join"""
        self.obstacle: Failure | None = None
        """why it is not under way"""
        self.doing = "the call waited for others"
        self.request_id = ""
        """of the last request that was sent for it; empty before the first"""
        self.task: asyncio.Task[None] | None = None
        """what sends it"""
        self._full = asyncio.Event()
        self._limit: asyncio.Timeout | None = None
        for call in calls:
            self.add(call)

    def add(self, call: Call) -> None:
        """One more."""
        call.batch = self
        self.calls[call] = None
        self.size += len(call.encoded) + 1
        if self._limit is not None and not self._limit.expired() and call.until < (self._limit.when() or math.inf):
            self._limit.reschedule(call.until)

    def remove(self, call: Call) -> None:
        """One less; no matter if it is not there."""
        if call in self.calls:
            del self.calls[call]
            self.size -= len(call.encoded) + 1

    def close(self) -> None:
        """No more may join, and it need not wait for any."""
        self.open = False
        self._full.set()

    async def gathered(self, window_s: float) -> None:
        """Returns when it is full, or the window is over."""
        try:
            async with asyncio.timeout(window_s):
                await self._full.wait()
        except TimeoutError:
            return

    @property
    def soonest(self) -> float:
        """The loop's time at which the first of its callers wants to know."""
        return min(call.until for call in self.calls)

    def limit(self) -> asyncio.Timeout:
        """A block bound by the soonest deadline, also of those who join meanwhile."""
        self._limit = asyncio.timeout_at(self.soonest)
        return self._limit
