"""Equal work under way is done once, and stops when nobody waits for it."""

from __future__ import annotations

import asyncio

import pytest

from medreward.judge.flights import Flights


class Work:
    """Something slow that counts how often it was started and cancelled."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.release = asyncio.Event()

    async def __call__(self) -> int:
        self.started += 1
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.started


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_equal_work_is_done_once_and_answers_all() -> None:
    async def run() -> None:
        flights: Flights[str, int] = Flights()
        work = Work()
        waiters = [asyncio.ensure_future(flights.share("a", work)) for _ in range(8)]
        await _settle()
        assert flights.under_way("a")
        work.release.set()
        assert await asyncio.gather(*waiters) == [1] * 8
        assert not flights.under_way("a")

    asyncio.run(run())


def test_different_keys_do_not_meet() -> None:
    async def run() -> None:
        flights: Flights[int, int] = Flights()
        work = Work()
        work.release.set()
        await asyncio.gather(*(flights.share(key, work) for key in range(3)))
        assert work.started == 3

    asyncio.run(run())


def test_a_finished_flight_is_not_joined() -> None:
    async def run() -> None:
        flights: Flights[str, int] = Flights()
        work = Work()
        work.release.set()
        assert [await flights.share("a", work), await flights.share("a", work)] == [1, 2]

    asyncio.run(run())


def test_a_failure_reaches_every_waiter_and_is_not_remembered() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise LookupError("gone")

    async def run() -> None:
        flights: Flights[str, int] = Flights()
        outcomes = await asyncio.gather(*(flights.share("a", fail) for _ in range(3)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LookupError] * 3
        assert not flights.under_way("a")

    asyncio.run(run())


def test_one_waiter_leaving_does_not_disturb_the_others() -> None:
    async def run() -> None:
        flights: Flights[str, int] = Flights()
        work = Work()
        first, second = (asyncio.ensure_future(flights.share("a", work)) for _ in range(2))
        await _settle()
        first.cancel()
        await _settle()
        assert (first.cancelled(), work.cancelled) == (True, 0)
        work.release.set()
        assert await second == 1

    asyncio.run(run())


def test_work_stops_when_the_last_waiter_leaves() -> None:
    async def run() -> None:
        flights: Flights[str, int] = Flights()
        work = Work()
        waiters = [asyncio.ensure_future(flights.share("a", work)) for _ in range(2)]
        await _settle()
        for waiter in waiters:
            waiter.cancel()
        await _settle()
        assert work.cancelled == 1
        assert len(flights) == 0

    asyncio.run(run())


def test_whoever_comes_while_abandoned_work_is_stopped_starts_anew() -> None:
    async def run() -> None:
        flights: Flights[str, int] = Flights()
        work = Work()
        left = asyncio.ensure_future(flights.share("a", work))
        await _settle()
        left.cancel()
        await asyncio.sleep(0)
        work.release.set()
        assert await flights.share("a", work) == 2
        with pytest.raises(asyncio.CancelledError):
            await left

    asyncio.run(run())
