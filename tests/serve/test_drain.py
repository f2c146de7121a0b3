"""A service that is told to stop answers what it has begun, and takes nothing new."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.running import Cluster, served
from tests.serve.test_limits import Slow, judged

IN_FLIGHT = 12


class Held(Slow):
    """Answers when it is let go."""

    held = True

    async def _until_let_go(self, body: Any) -> Any:
        until = time.monotonic() + 60
        while self.held and time.monotonic() < until:  # noqa: ASYNC110 - it is let go from another thread
            await asyncio.sleep(0.02)
        return await self._good(body)


@pytest.fixture
def endpoint() -> Iterator[Held]:
    running = Held()
    running.mode = "until_let_go"
    yield running
    running.close()


@pytest.fixture
def line(endpoint: Held, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("drain")
    settings = {
        "ingress": {"replicas": 2, "cpus": 0.5},
        "drain_s": 60.0,
        "judge": {"engine": "openai", "openai": {"base_url": endpoint.url, "model": "m", "revision": "r"}},
    }
    config = directory / "settings.yaml"
    config.write_text(yaml.safe_dump(settings))
    with served(directory / "serve.log", "--config", str(config)) as running:
        yield running


def test_sigterm_turns_readiness_first_and_loses_nothing_that_was_begun(line: Cluster, endpoint: Held) -> None:
    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=line.url, timeout=120) as client:
            begun = [
                asyncio.ensure_future(client.post("/v1/score", content=judged(4, 100_000))) for _ in range(IN_FLIGHT)
            ]
            await _until(lambda: endpoint.inside == 4 * IN_FLIGHT)
            line.process.send_signal(signal.SIGTERM)
            await _until_not_ready(line.url)
            # it still works on what it has
            assert not any(request.done() for request in begun)
            assert line.process.poll() is None
            endpoint.held = False
            return await asyncio.gather(*begun)

    answers = asyncio.run(run())
    assert [answer.status_code for answer in answers] == [200] * IN_FLIGHT
    rewards = [result.get("reward") for answer in answers for result in answer.json()["results"]]
    assert rewards == [1.0] * (4 * IN_FLIGHT)
    assert line.process.wait(90) == 0


async def _until(done: Any, limit_s: float = 60.0) -> None:
    until = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


async def _until_not_ready(url: str, limit_s: float = 30.0) -> None:
    until = time.monotonic() + limit_s
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            try:
                if (await client.get(f"{url}/readyz")).status_code != 200:
                    return
            except httpx.HTTPError:
                return
            assert time.monotonic() < until, "it stays ready"
            await asyncio.sleep(0.1)
