"""Several batches in flight: order, bound, and what happens to the others when one fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from medreward.cli.batches import batched, in_order
from medreward.readers import ReaderError


def breaking(count: int) -> Iterator[int]:
    yield from range(count)
    raise ReaderError("line broken")


def test_what_was_read_before_an_error_comes_before_it() -> None:
    batches = batched(breaking(5), 2)
    assert [next(batches) for _ in range(3)] == [[0, 1], [2, 3], [4]]
    with pytest.raises(ReaderError):
        next(batches)


def test_a_broken_input_is_told_after_what_is_in_flight() -> None:
    done: list[list[int]] = []

    async def work(batch: list[int]) -> list[int]:
        await asyncio.sleep(0.02)
        return batch

    with pytest.raises(ReaderError):
        asyncio.run(in_order(batched(breaking(5), 2), work, done.append, in_flight=3))
    assert done == [[0, 1], [2, 3], [4]]


def test_batches_before_a_failed_one_are_done_and_those_after_it_are_not() -> None:
    done: list[list[int]] = []
    cancelled: list[list[int]] = []

    async def work(batch: list[int]) -> list[int]:
        try:
            await asyncio.sleep(0.03 if batch != [2] else 0.0)
        except asyncio.CancelledError:
            cancelled.append(batch)
            raise
        if batch == [2]:
            raise RuntimeError("lost")
        return batch

    async def slow_after_two(batch: list[int]) -> list[int]:
        await asyncio.sleep(30 if batch[0] > 2 else 0)
        return await work(batch)

    with pytest.raises(RuntimeError, match="lost"):
        asyncio.run(in_order(batched(iter(range(9)), 1), slow_after_two, done.append, in_flight=4))
    assert done == [[0], [1]]


def test_an_answer_is_handed_on_while_the_input_waits() -> None:
    answered = threading.Event()

    def trickling() -> Iterator[int]:
        yield 0
        assert answered.wait(5), "the first result was held back until the second rollout came"
        yield 1

    def done(batch: list[int]) -> None:
        answered.set()

    async def work(batch: list[int]) -> list[int]:
        return batch

    asyncio.run(in_order(batched(trickling(), 1), work, done, in_flight=4))
