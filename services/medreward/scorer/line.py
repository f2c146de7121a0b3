"""One checkpoint's queue, and the forwards that empty it.

A batch is made across requests whenever a lane is free; there are as many lanes as the weights want forwards at a time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from medreward.observability import tracing
from medreward.scorer.encoding import Encoded
from medreward.scorer.planning import Waiting
from medreward.scorer.types import OutOfMemory, Weights
from medreward.scoring.pace import Pace

if TYPE_CHECKING:
    from medreward.observability.tracing_sdk import SdkSpan

log = logging.getLogger(__name__)

_TRACED = 16  # requests of a forward that are told of it


class NoLogit(NamedTuple):
    """A trajectory that came out of a forward without a number."""

    reason: str


Deliver = Callable[[float | NoLogit], None]
Forwarded = Callable[[float, int], None]
"""told of each forward: its seconds, and its tokens without padding"""


class _Item(NamedTuple):
    encoded: Encoded
    deliver: Deliver
    span: SdkSpan | None
    """what it is scored for"""


class Line:
    """For one event loop; forwards run in threads of its own."""

    def __init__(self, weights: Weights, forwarded: Forwarded) -> None:
        self.weights = weights
        self._forwarded = forwarded
        self.calls = 0
        """requests that use it"""
        self.failed = 0
        """forwards that failed since the last that did not"""
        self.pace = Pace()
        """seconds of a lane for a trajectory"""
        self._inside = 0
        self._waiting: Waiting[_Item] = Waiting()
        self._threads = ThreadPoolExecutor(weights.lanes, "forward", weights.begin_thread)
        self._under_way: dict[asyncio.Task[None], float] = {}
        self._retired = False

    def __len__(self) -> int:
        """Trajectories that wait."""
        return len(self._waiting)

    def put(self, encoded: Encoded, deliver: Deliver) -> int:
        """Queues a trajectory, for the next :meth:`run`; returns the ticket to drop it with."""
        return self._waiting.add(_Item(encoded, deliver, tracing.active()), len(encoded.ids))

    def drop(self, tickets: Iterable[int]) -> None:
        """Forgets those of these that still wait; what is in a forward already is delivered."""
        self._waiting.drop(tickets)

    def run(self) -> None:
        """Starts forwards on what waits, where lanes are free."""
        while len(self._under_way) < self.weights.lanes and (batch := self._waiting.take(self.weights.budget)):
            task = asyncio.ensure_future(self._forward(batch))
            self._under_way[task] = time.monotonic()
            self._inside += len(batch)

    @property
    def busy(self) -> bool:
        """Whether requests or forwards are under way."""
        return bool(self.calls or self._under_way)

    def longest(self) -> float:
        """Seconds that the oldest forward under way has taken until now; 0 without any."""
        return time.monotonic() - min(self._under_way.values()) if self._under_way else 0.0

    def wait_s(self, waiting: int) -> float:
        """Seconds until ``waiting`` trajectories are done, and what is in forwards now; 0 where none waits."""
        return self.needs_s(waiting + self._inside) if waiting else 0.0

    def needs_s(self, trajectories: int) -> float:
        """Seconds that so many would take, with all lanes; 0 when nothing is known."""
        return self.pace.seconds() * trajectories / self.weights.lanes

    def leave(self) -> None:
        """A request is done with it."""
        self.calls -= 1
        self._end_if_idle()

    def retire(self) -> None:
        """No request comes any more: it ends when the last is done."""
        self._retired = True
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._retired and not self.calls:
            self._threads.shutdown(wait=False)

    async def _forward(self, batch: Sequence[_Item]) -> None:
        encoded = [item.encoded for item in batch]
        task = asyncio.current_task()
        assert task is not None
        started = time.perf_counter()
        try:
            logits = await asyncio.get_running_loop().run_in_executor(self._threads, _logits, self.weights, encoded)
        except Exception as error:
            # _logits raises none: no thread could be had for it
            log.exception("a forward of %d trajectories did not begin", len(batch))
            logits = _no_logits(f"the forward did not begin: {type(error).__name__}: {error}", len(batch))
        finally:
            began = self._under_way.pop(task)
            self._inside -= len(batch)
        if not all(isinstance(logit, NoLogit) for logit in logits):
            self.pace.took(time.monotonic() - began, len(batch))
        _trace(batch, time.monotonic() - began)
        # only a batch without any number counts: one trajectory too long for the device is no broken device
        self.failed = self.failed + 1 if all(isinstance(logit, NoLogit) for logit in logits) else 0
        for item, logit in zip(batch, logits, strict=True):
            item.deliver(logit)
        self.run()
        self._forwarded(time.perf_counter() - started, sum(len(one.ids) for one in encoded))


def _trace(batch: Sequence[_Item], seconds: float) -> None:
    """A forward is a span of each request that it scored for."""
    shares = Counter(item.span for item in batch if item.span is not None)
    if not shares:
        return
    tokens = sum(len(item.encoded.ids) for item in batch)
    for span, share in shares.most_common(_TRACED):
        tracing.past("scorer.forward", span, seconds, asks=share, batch=len(batch), tokens=tokens)


def _logits(weights: Weights, batch: Sequence[Encoded], *, halve: bool = True) -> list[float | NoLogit]:
    """In a thread: one logit an item, or the reason why there is none."""
    try:
        logits = weights.logits(batch)
    except OutOfMemory as error:
        if halve and len(batch) > 1:
            half = len(batch) // 2
            log.warning("no memory for %d trajectories, trying halves", len(batch))
            return [
                *_logits(weights, batch[:half], halve=False),
                *_logits(weights, batch[half:], halve=False),
            ]
        log.error("no memory for %d trajectories: %s", len(batch), error)
        return _no_logits("the device has no memory for it", len(batch))
    except Exception as error:
        log.exception("a forward of %d trajectories failed", len(batch))
        return _no_logits(f"the forward failed: {type(error).__name__}: {error}", len(batch))
    if len(logits) != len(batch):
        log.error("a forward of %d trajectories gave %d logits", len(batch), len(logits))
        return _no_logits("the forward gave another number of logits", len(batch))
    return list(logits)


def _no_logits(reason: str, count: int) -> list[float | NoLogit]:
    return [NoLogit(reason[:200])] * count
