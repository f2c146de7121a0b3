"""Several batches in flight, results in input order.

Batches are read in a thread, since a pipe may keep its reader waiting while answers come in. At most ``in_flight``
are held at a time: the first of them must be done before another is read, which keeps order and memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from medreward.readers import ReaderError

Item = TypeVar("Item")
Done = TypeVar("Done")


def batched(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Lists of ``size`` items, the last one shorter; what was read before a :class:`ReaderError` comes before it."""
    batch: list[Item] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                full, batch = batch, []
                yield full
    except ReaderError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


async def in_order(
    batches: Iterator[list[Item]],
    work: Callable[[list[Item]], Awaitable[Done]],
    done: Callable[[Done], None],
    in_flight: int,
) -> None:
    """Calls ``done`` with the outcome of each batch, in their order.

    An error of ``work`` is raised once everything before its batch is done; one of ``batches``, once everything read
    before it is.
    """
    window: deque[asyncio.Future[Done]] = deque()
    reading: asyncio.Future[list[Item] | None] | None = None
    unread: ReaderError | None = None
    more = True
    try:
        while True:
            if more and reading is None and len(window) < in_flight:
                reading = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
            waiting = {future for future in (reading, window[0] if window else None) if future is not None}
            if not waiting:
                break
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if window and window[0].done():
                done(window.popleft().result())
            if reading is not None and reading.done():
                try:
                    batch = reading.result()
                except ReaderError as error:
                    unread, batch = error, None
                reading = None
                if batch is None:
                    more = False
                else:
                    window.append(asyncio.ensure_future(work(batch)))
    finally:
        for future in window:
            future.cancel()
        await asyncio.gather(*window, return_exceptions=True)
    if unread is not None:
        raise unread
