"""Finished verdicts in Redis, for every judge that runs under the same fingerprint.

Redis is a help, not a need: when it is slow or gone, verdicts are asked for anew, and Redis is left alone for some
seconds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from typing import Self

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from medreward.judge import settings
from medreward.judge.cache import MemoryCache
from medreward.judge.types import Verdict

log = logging.getLogger(__name__)

_PREFIX = "medreward:verdict:"
_LEFT_ALONE_S = 5.0
_MOST_UNWRITTEN = 100_000  # beyond them a verdict is kept in this process alone
_WRITTEN_AT_ONCE = 500
_CONNECTIONS = 16


class RedisCache:
    """Kept in Redis, for every judge that ever runs under this fingerprint, and in this process before it."""

    def __init__(self, memory: MemoryCache, redis: Redis, ttl_s: float) -> None:
        self._memory = memory
        self._redis = redis
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._unwritten: dict[str, Verdict] = {}
        self._writer: asyncio.Task[None] | None = None
        self._alone_until = 0.0

    @classmethod
    def connect(cls, wanted: settings.Cache) -> Self:
        """To the server that the settings name; it is first spoken to when it is needed."""
        pool = BlockingConnectionPool.from_url(
            wanted.redis_url,
            max_connections=_CONNECTIONS,
            timeout=wanted.redis_timeout_s,  # for a connection that is free
            password=os.environ.get(wanted.redis_password_env) or None,
            socket_timeout=wanted.redis_timeout_s,
            socket_connect_timeout=wanted.redis_timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
        return cls(MemoryCache(wanted.entries, wanted.ttl_s), Redis.from_pool(pool), wanted.ttl_s)

    def peek(self, key: str) -> Verdict | None:
        """The verdict, if this process has it."""
        return self._memory.peek(key)

    async def find(self, keys: Sequence[str]) -> list[Verdict | None]:
        """The verdicts of these keys: one look into Redis for all that this process does not have."""
        found = await self._memory.find(keys)
        missing = [index for index, verdict in enumerate(found) if verdict is None]
        if not missing or self._left_alone():
            return found
        try:
            stored = await self._redis.mget([_PREFIX + keys[index] for index in missing])
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return found
        for index, packed in zip(missing, stored, strict=True):
            if packed is not None and (verdict := _unpack(packed)) is not None:
                found[index] = verdict
                self._memory.keep(keys[index], verdict)
        return found

    def keep(self, key: str, verdict: Verdict) -> None:
        """Keeps a verdict here, and soon there."""
        self._memory.keep(key, verdict)
        if self._left_alone() or len(self._unwritten) >= _MOST_UNWRITTEN:
            return
        self._unwritten[key] = verdict
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        """Writes what there is, many at once: a connection and a round trip for each would be most of the work."""
        while self._unwritten:
            keys = list(self._unwritten)[:_WRITTEN_AT_ONCE]
            verdicts = {key: self._unwritten.pop(key) for key in keys}
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for key, verdict in verdicts.items():
                        pipeline.set(_PREFIX + key, _pack(verdict), px=self._ttl_ms)
                    await pipeline.execute()
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(error)
                self._unwritten.clear()

    async def close(self) -> None:
        """Finishes what is being written and closes the connections."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=_LEFT_ALONE_S)
        await self._redis.aclose()

    def _left_alone(self) -> bool:
        return time.monotonic() < self._alone_until

    def _failed(self, error: Exception) -> None:
        if not self._left_alone():  # once an outage, not once a verdict
            log.warning("the verdict cache in Redis cannot be used: %s: %s", type(error).__name__, error)
        self._alone_until = time.monotonic() + _LEFT_ALONE_S


def _pack(verdict: Verdict) -> bytes:
    return msgspec.msgpack.encode(verdict)


def _unpack(packed: bytes | str) -> Verdict | None:
    try:
        return msgspec.msgpack.decode(packed if isinstance(packed, bytes) else packed.encode(), type=Verdict)
    except msgspec.MsgspecError as error:
        log.warning("a verdict kept in Redis cannot be read and is asked for anew: %s", error)
        return None
