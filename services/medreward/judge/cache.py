"""Finished verdicts, by the hash of everything they depend on: in this process, and in Redis where one is configured.

Only verdicts are kept, never failures. Redis is a help, not a need: when it is slow or gone, verdicts are asked for
anew, and Redis is left alone for some seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cachetools import TTLCache

from medreward.judge import settings
from medreward.judge.types import Verdict


class VerdictCache(Protocol):
    """Where finished verdicts are kept."""

    def peek(self, key: str) -> Verdict | None:
        """The verdict, if this process has it."""

    async def find(self, keys: Sequence[str]) -> list[Verdict | None]:
        """The verdicts of these keys, wherever they are kept."""

    def keep(self, key: str, verdict: Verdict) -> None:
        """Keeps a verdict: at once in this process, soon wherever else."""

    async def close(self) -> None:
        """Gives back connections."""


class NoCache:
    """Keeps nothing."""

    def peek(self, key: str) -> Verdict | None:
        """None."""
        return None

    async def find(self, keys: Sequence[str]) -> list[Verdict | None]:
        """None of them."""
        return [None] * len(keys)

    def keep(self, key: str, verdict: Verdict) -> None:
        """Forgets it."""

    async def close(self) -> None:
        """Nothing to give back."""


class MemoryCache:
    """Kept in this process: at most ``entries``, each for ``ttl_s`` seconds; the least recently used go first."""

    def __init__(self, entries: int, ttl_s: float) -> None:
        self._verdicts: TTLCache[str, Verdict] = TTLCache(entries, ttl_s)

    def peek(self, key: str) -> Verdict | None:
        """The verdict, if it is kept."""
        return self._verdicts.get(key)

    async def find(self, keys: Sequence[str]) -> list[Verdict | None]:
        """The verdicts of these keys."""
        return [self._verdicts.get(key) for key in keys]

    def keep(self, key: str, verdict: Verdict) -> None:
        """Keeps a verdict."""
        self._verdicts[key] = verdict

    async def close(self) -> None:
        """Nothing to give back."""


def open_cache(wanted: settings.Cache) -> VerdictCache:
    """The cache that the settings describe."""
    if wanted.kind == "none":
        return NoCache()
    if wanted.kind == "redis":
        # here, not above: whoever scores in process needs no Redis
        from medreward.judge.redis_cache import RedisCache

        return RedisCache.connect(wanted)
    return MemoryCache(wanted.entries, wanted.ttl_s)
