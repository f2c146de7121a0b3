"""What one client may ask for is counted for it alone, and who asks too often is told when to come back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medreward.config import ConfigError, load_settings
from medreward.contract.errors import ErrorCode, RequestError
from medreward.ingress import rates as module
from medreward.ingress.rates import Rates
from medreward.ingress.settings import PerClient


class Clock:
    """The time that the counts are kept by, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("limits.aio.storage.memory.time", clock)
    return clock


async def _taken(rates: Rates, client: str, batches: int, rollouts: int = 10) -> int:
    codes = []
    for _ in range(batches):
        try:
            await rates.rollouts(client, rollouts)
            codes.append("")
        except RequestError as error:
            codes.append(error.code)
    assert set(codes) <= {"", ErrorCode.RATE_LIMITED}
    return codes.count("")


async def _refusal(rates: Rates, client: str, rollouts: int) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await rates.rollouts(client, rollouts)
    return caught.value


def test_one_client_s_rollouts_are_counted_and_another_s_are_not_touched(clock: Clock) -> None:
    rates = Rates(PerClient(rollouts_per_s=10, burst_s=10))

    async def run() -> None:
        assert await _taken(rates, "a", 50) == 10
        assert await _taken(rates, "b", 50) == 10

    asyncio.run(run())


def test_without_limits_nothing_is_refused() -> None:
    asyncio.run(_all_taken(Rates()))


async def _all_taken(rates: Rates) -> None:
    for _ in range(1000):
        await rates.request("a")
    assert await _taken(rates, "a", 1000, 4096) == 1000


def test_an_override_holds_for_its_client_alone_and_replaces_all_three(clock: Clock) -> None:
    given: Any = {"rollouts_per_s": 10, "requests_per_s": 1, "overrides": {"big": {"rollouts_per_s": 100}}}
    rates = Rates(PerClient(**given))

    async def run() -> None:
        assert await _taken(rates, "big", 200) == 100
        assert await _taken(rates, "small", 200) == 10
        for _ in range(100):
            await rates.request("big")

    asyncio.run(run())


@pytest.mark.parametrize("into_window_s", [0.0, 3.0, 9.9])
@pytest.mark.parametrize("before", [0, 40, 100])
@pytest.mark.parametrize("replicas", [1, 2])
def test_who_waits_as_long_as_told_is_let_in_and_who_comes_sooner_is_not(
    clock: Clock, into_window_s: float, before: int, replicas: int
) -> None:
    rates = Rates(PerClient(rollouts_per_s=10, burst_s=10), replicas)

    async def run() -> None:
        clock.now += into_window_s
        if before:
            await rates.rollouts("a", before)
            clock.now += 10.0 * replicas
        await _taken(rates, "a", 100)
        wait_s = (await _refusal(rates, "a", 30)).retry_after_s
        assert wait_s is not None
        start = clock.now
        clock.now = start + wait_s - 0.2
        assert (await _refusal(rates, "a", 30)).code is ErrorCode.RATE_LIMITED
        clock.now = start + wait_s + 0.01
        await rates.rollouts("a", 30)

    asyncio.run(run())


def test_what_is_refused_does_not_count(clock: Clock) -> None:
    rates = Rates(PerClient(rollouts_per_s=10, burst_s=10))

    async def run() -> None:
        await rates.rollouts("a", 90)
        for _ in range(20):
            await _refusal(rates, "a", 20)
        await rates.rollouts("a", 10)

    asyncio.run(run())


def test_a_request_refused_for_its_rollouts_is_not_counted_as_a_request(clock: Clock) -> None:
    rates = Rates(PerClient(rollouts_per_s=1, requests_per_s=1, burst_s=10))

    async def run() -> None:
        for number in range(20):
            await rates.request("a")
            assert await _taken(rates, "a", 1, 6) == (number == 0)
        # of the twenty one counts
        for _ in range(9):
            await rates.request("a")
        with pytest.raises(RequestError, match="1 requests a second"):
            await rates.request("a")

    asyncio.run(run())


def test_a_batch_that_never_fits_is_too_large_so_that_nobody_waits_for_it(clock: Clock) -> None:
    refusal = asyncio.run(_refusal(Rates(PerClient(rollouts_per_s=10, burst_s=10)), "a", 101))
    assert (refusal.code, refusal.retry_after_s) == (ErrorCode.TOO_LARGE, None)
    assert "'a' may send at most 100 at once" in refusal.message


def test_replicas_together_let_through_the_rate(clock: Clock) -> None:
    both = [Rates(PerClient(rollouts_per_s=10, burst_s=10), 2) for _ in range(2)]

    async def run() -> None:
        taken = 0
        for _ in range(400):
            taken += await _taken(both[0], "a", 3) + await _taken(both[1], "a", 3)
            clock.now += 1.0
        # 400 s at 1 batch a second, and a burst of each at most
        assert 360 <= taken <= 420

    asyncio.run(run())


def test_requests_are_counted_apart_from_rollouts(clock: Clock) -> None:
    rates = Rates(PerClient(requests_per_s=1, burst_s=5))

    async def run() -> None:
        for _ in range(5):
            await rates.request("a")
        with pytest.raises(RequestError, match="1 requests a second"):
            await rates.request("a")
        await rates.rollouts("a", 4096)

    asyncio.run(run())


def test_a_redis_that_is_gone_is_left_alone_for_a_while_and_this_replica_counts(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    given = PerClient(rollouts_per_s=10, burst_s=10, redis_url="redis://127.0.0.1:1/0")
    rates = Rates(given, clock=lambda: now[0])

    async def run() -> None:
        assert await _taken(rates, "a", 50) == 10
        assert caplog.text.count("Redis does not count requests") == 1
        now[0] = 6.0
        await _taken(rates, "a", 5)
        assert caplog.text.count("Redis does not count requests") == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"requests_per_s": 0.01}, "less than one in burst_s"),
        ({"redis_url": "redis://:secret@r:6379/0"}, "no password here"),
        ({"redis_url": "redis://r:6379/0?password=secret"}, "no password here"),
        ({"redis_url": "http://r"}, "must be redis://"),
        ({"overrides": {"a": {"rollouts_per_s": -1}}}, "overrides.a.rollouts_per_s"),
    ],
)
def test_limits_that_make_no_sense_are_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        load_settings(limits={"per_client": given})
    assert "secret" not in str(caught.value)


def test_the_wait_is_that_of_the_window_s_own_arithmetic() -> None:
    item = module.RateLimitItemPerSecond(100, 10)
    # 4 s of this window are left, 80 of the last window count as 32 by now; 70 fit once they are below 31
    assert module._fits_in_s(80, 0, 14.0, item, 70) == pytest.approx(0.125, abs=0.002)
    # 90 came in this window: none of the last matter, and 30 fit once in the next less than 71 of the 90 count
    assert module._fits_in_s(0, 90, 14.0, item, 30) == pytest.approx(4 + 10 * (1 - 71 / 90), abs=0.002)
