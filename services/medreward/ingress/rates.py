"""How much each client may ask for: requests, and rollouts, a second.

A limit is an amount in a sliding window: ``rate * burst_s`` in ``burst_s`` seconds. With ``redis_url`` all replicas
count in one place. Without it each counts what comes to it, and lets the same amount through in a window as many times
as long as there are replicas: over time all of them together let through the rate, and no batch that fits one replica
is too large for another; a burst may be as many times as large.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import time
from collections.abc import Callable

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from medreward.contract.errors import ErrorCode, RequestError
from medreward.ingress.settings import PerClient

log = logging.getLogger(__name__)

_REDIS_S = 0.25  # that counting in Redis may take
_LITTLE_S = 0.001  # by which it is below, and no longer equal
_AWAY_S = 5.0  # that Redis is left alone after it failed: a request should not wait for it each time

Store = MemoryStorage | RedisStorage


class Rates:
    """Counts what clients ask for. For one event loop."""

    def __init__(
        self,
        settings: PerClient | None = None,
        replicas: int = 1,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without ``settings`` there is no limit.

        Args:
            settings: section ``limits.per_client``.
            replicas: how many count beside each other where there is no Redis; this one included.
            clock: seconds, for how long a Redis that failed is left alone.
        """
        self._settings = settings or PerClient()
        self._replicas = replicas
        self._clock = clock
        self._own = MemoryStorage()
        self._shared = _shared(self._settings)
        self._away_until = -math.inf

    async def request(self, client: str) -> None:
        """Counts a request of this client.

        Raises:
            RequestError: ``rate_limited``; the request does not count.
        """
        rates = self._settings.of(client)
        if rates.requests_per_s is not None:
            await self._count(client, "requests", rates.requests_per_s, rates.burst(rates.requests_per_s), 1)

    async def rollouts(self, client: str, count: int) -> None:
        """Counts the rollouts, or the items, of a request of this client.

        Raises:
            RequestError: ``rate_limited``, and neither they nor their request count; ``too_large`` when so many never
                fit.
        """
        rates = self._settings.of(client)
        if rates.rollouts_per_s is None:
            return
        burst = rates.burst(rates.rollouts_per_s)
        if count > burst:
            raise RequestError(
                ErrorCode.TOO_LARGE, f"{count} rollouts, and client {client!r} may send at most {burst} at once"
            )
        try:
            await self._count(client, "rollouts", rates.rollouts_per_s, burst, count)
        except RequestError:
            if rates.requests_per_s is not None:
                # counted when it came, so that one whose body says nothing counts as well
                await self._wait_s(client, "requests", rates.burst(rates.requests_per_s), -1)
            raise

    async def _count(self, client: str, what: str, rate: float, burst: int, cost: int) -> None:
        wait_s = await self._wait_s(client, what, burst, cost)
        if wait_s is not None:
            raise RequestError(
                ErrorCode.RATE_LIMITED,
                f"client {client!r} may send {rate:g} {what} a second; come back in {wait_s:.1f} s",
                retry_after_s=wait_s,
            )

    async def _wait_s(self, client: str, what: str, burst: int, cost: int) -> float | None:
        """Seconds until so many fit; None when they do, and were counted. A negative number is taken back."""
        window_s = self._settings.of(client).burst_s
        if self._shared is not None and self._clock() >= self._away_until:
            try:
                async with asyncio.timeout(_REDIS_S):
                    return await _hit(self._shared, RateLimitItemPerSecond(burst, window_s), (client, what), cost)
            except Exception as error:  # noqa: BLE001 - whatever ails Redis, the service goes on without it
                self._away_until = self._clock() + _AWAY_S
                log.warning("Redis does not count requests, so this replica does: %s: %s", type(error).__name__, error)
        item = RateLimitItemPerSecond(burst, window_s * self._replicas)
        return await _hit(self._own, item, (client, what), cost)


async def _hit(store: Store, item: RateLimitItem, key: tuple[str, str], cost: int) -> float | None:
    if await SlidingWindowCounterRateLimiter(store).hit(item, *key, cost=cost):
        return None
    before, _, now, now_expires_s = await store.get_sliding_window(item.key_for(*key), item.get_expiry())
    return _fits_in_s(before, now, now_expires_s, item, cost)


def _fits_in_s(before: int, now: int, now_expires_s: float, item: RateLimitItem, cost: int) -> float:
    """Seconds until ``cost`` fits: what counts is ``before * rest of this window / window + now``, without fraction.

    Args:
        before: that came in the last window.
        now: that came in this one.
        now_expires_s: seconds until the count of this one is dropped, at the end of the next.
        item: amount and window.
        cost: how many are to fit.
    """
    window_s = item.get_expiry()
    rest_s = now_expires_s - window_s if now_expires_s > window_s else now_expires_s
    room = item.amount - cost
    below = room + 1
    if now <= room:
        # enough of the last window's will have faded before this one ends
        return max(0.0, rest_s - window_s * (below - now) / before) + _LITTLE_S if before else _LITTLE_S
    return rest_s + window_s * (1 - below / now) + _LITTLE_S


def _shared(settings: PerClient) -> RedisStorage | None:
    if not settings.redis_url:
        return None
    return RedisStorage(
        f"async+{settings.redis_url}",
        implementation="redispy",
        key_prefix="medreward:rates",
        # what its stubs do not know is for the connection
        socket_timeout=_REDIS_S,
        socket_connect_timeout=_REDIS_S,
        password=os.environ.get(settings.redis_password_env),  # type: ignore[arg-type]
    )
