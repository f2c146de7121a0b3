"""The limits of the judge: concurrency, queue, rate."""

from __future__ import annotations

import asyncio

import pytest

from medreward.contract.errors import ServiceError
from medreward.judge.gate import Gate


async def _through(gate: Gate, release: asyncio.Event, seen: list[int]) -> None:
    async with gate.entered():
        seen.append(gate.inside)
        await release.wait()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_are_inside_than_allowed() -> None:
    async def run() -> None:
        gate, release, seen = Gate(3, 100), asyncio.Event(), list[int]()
        tasks = [asyncio.ensure_future(_through(gate, release, seen)) for _ in range(10)]
        await _settle()
        assert (gate.inside, gate.waiting) == (3, 7)
        release.set()
        await asyncio.gather(*tasks)
        assert (max(seen), len(seen), gate.inside, gate.waiting) == (3, 10, 0, 0)

    asyncio.run(run())


def test_beyond_the_queue_it_is_overloaded() -> None:
    async def run() -> None:
        gate, release = Gate(1, 2), asyncio.Event()
        tasks = [asyncio.ensure_future(_through(gate, release, [])) for _ in range(3)]
        await _settle()
        with pytest.raises(ServiceError) as refused:
            await _through(gate, release, [])
        assert refused.value.status == "overloaded"
        release.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_no_queue_at_all_still_lets_one_in() -> None:
    async def run() -> None:
        gate, release = Gate(1, 0), asyncio.Event()
        release.set()
        await _through(gate, release, [])

    asyncio.run(run())


def test_one_that_leaves_the_queue_leaves_no_trace() -> None:
    async def run() -> None:
        gate, release = Gate(1, 5), asyncio.Event()
        inside = asyncio.ensure_future(_through(gate, release, []))
        waiting = asyncio.ensure_future(_through(gate, release, []))
        await _settle()
        waiting.cancel()
        await _settle()
        assert (gate.inside, gate.waiting) == (1, 0)
        release.set()
        await inside
        await _through(gate, release, [])

    asyncio.run(run())


def test_a_failure_inside_gives_the_place_back() -> None:
    async def run() -> None:
        gate = Gate(1, 0)
        for _ in range(3):
            with pytest.raises(LookupError):
                async with gate.entered():
                    raise LookupError
        assert gate.inside == 0

    asyncio.run(run())


def test_the_rate_holds_back_what_is_above_it() -> None:
    async def run() -> None:
        gate, release, seen = Gate(100, 100, rate_per_s=0.5), asyncio.Event(), list[int]()
        release.set()
        tasks = [asyncio.ensure_future(_through(gate, release, seen)) for _ in range(3)]
        await asyncio.wait(tasks, timeout=0.2)
        # the second may enter two seconds after the first
        assert len(seen) == 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gate.inside == 0

    asyncio.run(run())


def test_who_waits_for_the_rate_fills_the_queue() -> None:
    async def run() -> None:
        gate, release, seen = Gate(100, 2, rate_per_s=0.5), asyncio.Event(), list[int]()
        release.set()
        tasks = [asyncio.ensure_future(_through(gate, release, seen)) for _ in range(10)]
        await asyncio.wait(tasks, timeout=0.2)
        refused = [task for task in tasks if task.done() and task.exception() is not None]
        assert (len(seen), gate.waiting, len(refused)) == (1, 2, 7)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (gate.waiting, gate.inside) == (0, 0)

    asyncio.run(run())
