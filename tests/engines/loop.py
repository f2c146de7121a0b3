"""One event loop for the session, in a thread: connections and Ray Serve's router belong to the loop they began in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    """Returns when the condition holds; it may block, so it is looked at in a thread."""
    for _ in range(int(within_s / 0.1)):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"not so after {within_s} s")


class Loop:
    """Runs coroutines one after the other in the same loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result], within_s: float = 180.0) -> Result:
        """The coroutine's result; fails when it takes longer than that."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    def stop(self) -> None:
        """Ends the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
