"""A service that is gone is asked now and then whether it is back, not by everyone who waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from medreward_trainer.client.errors import Failure, Refusal

log = logging.getLogger("medreward_trainer.client")


class Circuit:
    """Open while the service is gone; whoever comes then waits here, within a deadline of its own.

    Failures that went on in parallel count as one: a killed replica loses all its connections at once, and the
    service may still be there.
    """

    def __init__(self, failures: int, probe_every_s: float, probe: Callable[[], Awaitable[object]]) -> None:
        """``probe`` raises :class:`Failure` while the service is gone; it has a limit of its own."""
        self._most = failures
        self._every_s = probe_every_s
        self._probe = probe
        self._loop = asyncio.get_running_loop()
        self._in_a_row = 0
        self._last_at = -1.0
        self._since: float | None = None
        self._reason = ""
        self._probe_at = 0.0
        self._probing = False
        self._changed = asyncio.Event()
        self.opened = 0
        """times that it opened"""

    @property
    def problem(self) -> str:
        """Why it is open; empty while it is closed."""
        if self._since is None:
            return ""
        return f"the service is gone since {self._loop.time() - self._since:.1f} s: {self._reason}"

    async def closed(self) -> None:
        """Returns once the service is not known to be gone; the caller limits the wait."""
        while self._since is not None:
            left = self._probe_at - self._loop.time()
            if left <= 0 and not self._probing:
                await self._ask()
                continue
            changed = self._changed
            try:
                async with asyncio.timeout(None if self._probing else left):
                    await changed.wait()
            except TimeoutError:
                continue

    def failed(self, failure: Failure, started: float) -> None:
        """An attempt that began at ``started`` (the loop's time) failed on every endpoint."""
        if not failure.gone or started < self._last_at:
            return
        self._last_at = self._loop.time()
        self._in_a_row += 1
        if self._since is None and self._in_a_row >= self._most:
            self._since, self._reason = self._last_at, failure.reason
            self._probe_at = self._last_at + self._every_s
            self.opened += 1
            log.warning(
                "the reward service is gone: %s; calls wait within their deadlines while it is asked every %g s "
                "whether it is back",
                failure.reason,
                self._every_s,
            )

    def worked(self) -> None:
        """The service answered."""
        self._in_a_row = 0
        if self._since is not None:
            log.info("the reward service is back after %.1f s", self._loop.time() - self._since)
            self._since = None
            self._wake()

    async def _ask(self) -> None:
        self._probing = True
        try:
            await self._probe()
        except Failure as failure:
            self._reason = failure.reason
        except Refusal:
            # something that speaks the contract is there; the next call hears what it does not like
            self.worked()
        else:
            self.worked()
        finally:
            # also when the caller who asked had to leave: the next one asks then
            self._probing = False
            self._probe_at = self._loop.time() + self._every_s
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
