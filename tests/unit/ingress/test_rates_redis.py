"""With a Redis all replicas count in one place; while it is gone, each counts by itself."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from medreward.contract.errors import RequestError
from medreward.ingress import rates as module
from medreward.ingress.rates import Rates
from medreward.ingress.settings import PerClient
from tests.unit.judge.test_cache import Server

PASSWORD_ENV = "MEDREWARD_TEST_RATES_PASSWORD"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed; make test installs it where it may")
    monkeypatch.setenv(PASSWORD_ENV, "secret")
    # a machine that is busy must not make this Redis seem lost
    monkeypatch.setattr(module, "_REDIS_S", 20.0)
    server = Server(tmp_path, "--requirepass", "secret")
    yield server
    server.stop()


def limits(server: Server) -> PerClient:
    # a window of an hour: the test ends within it, whatever the machine
    return PerClient(rollouts_per_s=0.1, burst_s=3600, redis_url=server.url, redis_password_env=PASSWORD_ENV)


async def _taken(rates: Rates, client: str, batches: int) -> int:
    taken = 0
    for _ in range(batches):
        try:
            await rates.rollouts(client, 30)
            taken += 1
        except RequestError as error:
            if error.retry_after_s is None:
                raise
    return taken


def test_two_replicas_let_one_burst_through_together(server: Server) -> None:
    async def run() -> None:
        both = [Rates(limits(server), 2) for _ in range(2)]
        taken = await asyncio.gather(*(_taken(rates, "a", 30) for rates in both))
        assert sum(taken) == 12
        assert await _taken(both[0], "b", 30) == 12

    asyncio.run(run())


def test_a_request_refused_for_its_rollouts_is_not_counted_as_a_request_there(server: Server) -> None:
    given = limits(server).model_copy(update={"requests_per_s": 0.001})  # three an hour

    async def run() -> None:
        both = [Rates(given, 2) for _ in range(2)]
        await both[0].rollouts("a", 350)
        for rates in both * 5:
            await rates.request("a")
            assert await _taken(rates, "a", 1) == 0
        for rates in (*both, both[0]):
            await rates.request("a")
        with pytest.raises(RequestError, match="requests a second"):
            await both[1].request("a")

    asyncio.run(run())


def test_a_redis_that_is_lost_and_comes_back_is_counted_in_again(server: Server) -> None:
    now = [0.0]

    async def run() -> None:
        rates = Rates(limits(server), 2, clock=lambda: now[0])
        assert await _taken(rates, "a", 30) == 12
        server.stop()
        # its own count begins anew, for a window that is as many times as long as there are replicas
        assert await _taken(rates, "a", 30) == 12
        server.start()
        now[0] = 6.0
        assert await _taken(rates, "a", 30) == 12
        assert await _taken(Rates(limits(server), 2), "a", 30) == 0

    asyncio.run(run())
