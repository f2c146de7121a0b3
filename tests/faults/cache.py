"""Redis, in which verdicts are kept, goes and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
import redis.asyncio

from medreward.serve.environment import free_port
from tests.faults.probe import recovered
from tests.faults.stage import Scenario, Seen, Stage, Unfit

_START_S, _STOP_S = 30.0, 10.0
_LIMIT_S = 90.0
_POLL_S = 0.1


class Server:
    """A Redis in a process of its own, which keeps nothing on disk."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._command += ["--dir", str(directory)]
        self.start()

    @property
    def url(self) -> str:
        """For ``judge.cache.redis_url``."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it, empty, and waits until it answers; raises RuntimeError."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            with contextlib.suppress(redis.ConnectionError), redis.Redis(port=self.port) as connection:
                connection.ping()
                return
            time.sleep(_POLL_S)
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        """By SIGKILL."""
        self.process.kill()
        self.process.wait(_STOP_S)

    async def kept(self, limit_s: float) -> None:
        """Waits until a verdict is kept in it; raises TimeoutError."""
        until = time.monotonic() + limit_s
        async with redis.asyncio.Redis(port=self.port) as connection:
            while not await connection.dbsize():
                if time.monotonic() > until:
                    raise TimeoutError(f"no verdict is kept in Redis after {limit_s:g} s")
                await asyncio.sleep(_POLL_S)


@contextlib.contextmanager
def server(directory: Path) -> Iterator[dict[str, Any]]:
    """Behind a cluster."""
    if shutil.which("redis-server") is None:
        raise Unfit("redis-server is not installed")
    running = Server(directory)
    try:
        yield {"redis": running}
    finally:
        running.kill()


async def gone(stage: Stage) -> Seen:
    """It is killed in the middle of the burst, and comes back, empty, when half a burst has been scored without it."""
    kept_in: Server = stage.beside["redis"]
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        await kept_in.kept(_LIMIT_S)
        await asyncio.to_thread(kept_in.kill)
        recovery_s = await recovered(stage.cluster.url, time.monotonic(), _LIMIT_S)
        await load.reach(load.answered + stage.burst // 2)
        await asyncio.to_thread(kept_in.start)
        back = time.monotonic()
        await kept_in.kept(_LIMIT_S)
        again_s = time.monotonic() - back
    return Seen(load, recovery_s, notes={"kept_again_s": round(again_s, 1)})


SCENARIOS = (Scenario("redis", "cached", "Redis is killed, and comes back empty", gone),)
