"""Finished verdicts are kept in memory and in a real Redis, and an outage of Redis costs nothing but the help."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from medreward.judge.cache import MemoryCache, NoCache, open_cache
from medreward.judge.redis_cache import RedisCache
from medreward.judge.settings import Cache
from medreward.judge.types import Verdict
from medreward.serve.environment import free_port

V = Verdict({"assistant1": 9, "assistant2": 3}, None, "far apart", {"assistant1": {9: 0.75, 8: 0.25}})
W = Verdict({}, "A", None, {})


class Server:
    """A Redis of the test's own."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.port = free_port()
        self._command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._command += ["--dir", str(directory), *arguments]
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                redis.Redis(port=self.port).ping()
                return
            except redis.AuthenticationError:
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        raise RuntimeError("redis-server did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed; make test installs it where it may")
    server = Server(tmp_path)
    yield server
    server.stop()


def settings(url: str, **changed: object) -> Cache:
    return Cache(kind="redis", redis_url=url, **changed)


async def _stored(cache: RedisCache) -> None:
    """Waits until what was kept is in Redis."""
    if cache._writer is not None:
        await cache._writer


def test_memory_keeps_what_it_is_given() -> None:
    async def run() -> None:
        cache = open_cache(Cache())
        assert isinstance(cache, MemoryCache)
        cache.keep("a", V)
        assert (cache.peek("a"), cache.peek("b")) == (V, None)
        assert await cache.find(["b", "a"]) == [None, V]

    asyncio.run(run())


def test_memory_is_bounded_and_the_least_recently_used_goes_first() -> None:
    cache = MemoryCache(2, 100)
    cache.keep("a", V)
    cache.keep("b", V)
    assert cache.peek("a") == V
    cache.keep("c", W)
    assert [cache.peek(key) for key in "abc"] == [V, None, W]


def test_memory_forgets_after_its_time() -> None:
    cache = MemoryCache(2, 0.01)
    cache.keep("a", V)
    time.sleep(0.02)
    assert cache.peek("a") is None


def test_no_cache_keeps_nothing() -> None:
    cache = open_cache(Cache(kind="none"))
    assert isinstance(cache, NoCache)
    cache.keep("a", V)
    assert cache.peek("a") is None
    assert asyncio.run(cache.find(["a"])) == [None]


def test_another_process_finds_in_redis_what_this_one_kept(server: Server) -> None:
    async def run() -> None:
        one, other = (RedisCache.connect(settings(server.url)) for _ in range(2))
        one.keep("a", V)
        one.keep("b", W)
        await _stored(one)
        assert other.peek("a") is None
        assert await other.find(["a", "x", "b"]) == [V, None, W]
        assert other.peek("a") == V  # and it has it itself now
        await one.close()
        await other.close()

    asyncio.run(run())


def test_a_burst_is_kept_whole_and_found_by_many_at_once(server: Server) -> None:
    async def run() -> None:
        one, other = (RedisCache.connect(settings(server.url, redis_timeout_s=5.0)) for _ in range(2))
        for number in range(3000):
            one.keep(str(number), V)
        await _stored(one)
        found = await asyncio.gather(*(other.find([str(number)]) for number in range(3000)))
        assert found == [[V]] * 3000
        await one.close()
        await other.close()

    asyncio.run(run())


def test_redis_forgets_after_its_time(server: Server) -> None:
    async def run() -> None:
        one = RedisCache.connect(settings(server.url, ttl_s=0.05))
        one.keep("a", V)
        await _stored(one)
        await asyncio.sleep(0.1)
        other = RedisCache.connect(settings(server.url))
        assert await other.find(["a"]) == [None]
        await one.close()
        await other.close()

    asyncio.run(run())


def test_an_outage_of_redis_costs_only_the_help(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        cache = RedisCache.connect(settings(server.url))
        server.stop()
        cache.keep("a", V)
        await _stored(cache)
        assert await cache.find(["a", "b"]) == [V, None]
        await cache.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    # once an outage, not once a verdict
    assert [record.message.split(":")[0] for record in caplog.records] == ["the verdict cache in Redis cannot be used"]


def test_redis_that_comes_back_is_used_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medreward.judge.redis_cache._LEFT_ALONE_S", 0.05)

    async def run() -> None:
        cache = RedisCache.connect(settings(server.url))
        server.stop()
        assert await cache.find(["b"]) == [None]
        server.start()
        await asyncio.sleep(0.1)
        cache.keep("a", V)
        await _stored(cache)
        other = RedisCache.connect(settings(server.url))
        assert await other.find(["a"]) == [V]
        await cache.close()
        await other.close()

    asyncio.run(run())


def test_a_redis_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> None:
        listener = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        cache = RedisCache.connect(settings(f"redis://127.0.0.1:{port}/0", redis_timeout_s=0.1))
        async with asyncio.timeout(10):
            assert await cache.find(["a"]) == [None]
        await cache.close()
        listener.close()

    asyncio.run(run())


def test_what_is_not_ours_in_redis_is_no_verdict(server: Server) -> None:
    async def run() -> None:
        redis.Redis(port=server.port).set("medreward:verdict:a", b"10")
        cache = RedisCache.connect(settings(server.url))
        assert await cache.find(["a"]) == [None]
        await cache.close()

    asyncio.run(run())


def test_the_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed; make test installs it where it may")
    server = Server(tmp_path, "--requirepass", "hush")

    async def found(cache: RedisCache) -> list[Verdict | None]:
        cache.keep("a", V)
        await _stored(cache)
        stored = await RedisCache.connect(settings(server.url, redis_password_env="PASSWORD")).find(["a"])
        await cache.close()
        return stored

    try:
        assert asyncio.run(found(RedisCache.connect(settings(server.url, redis_password_env="NONE")))) == [None]
        monkeypatch.setenv("PASSWORD", "hush")
        assert asyncio.run(found(RedisCache.connect(settings(server.url, redis_password_env="PASSWORD")))) == [V]
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url", ["", "http://host", "redis://user:hush@host", "redis://host/0?password=hush", "redis://host:x/0"]
)
def test_settings_refuse_what_is_no_redis_and_a_password_in_the_url(url: str) -> None:
    with pytest.raises(ValueError, match="redis_url"):
        settings(url)
