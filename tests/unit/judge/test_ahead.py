"""The judge refuses at once what the engine could not do in time, and only that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from medreward.contract.errors import Overbooked
from medreward.judge import Judged
from medreward.judge.cache import MemoryCache
from medreward.judge.service import JudgeService
from medreward.judge.settings import JudgeSettings
from medreward.judge.types import Completion, Prompt
from medreward.scoring.deadline import Deadline
from medreward.scoring.settings import Admission
from tests.unit.judge.engine import RUBRICS, FakeEngine, ask, by_length

LONG_MS = 600_000.0


class Stage:
    """A judge with two places in an engine that answers when it is let go; a call is known to take 100 s."""

    def __init__(self, admission: Admission | None = None, **settings: Any) -> None:
        self.go = asyncio.Event()

        async def answer(prompt: Prompt) -> Completion:
            await self.go.wait()
            return by_length(prompt)

        self.engine = FakeEngine(answer)
        given = JudgeSettings(**{"max_concurrency": 2, **settings})
        self.judge = JudgeService(
            self.engine, RUBRICS, given, MemoryCache(1000, 1000), admission=admission or Admission()
        )
        self.judge._caller.pace.took(100.0)

    def begun(self, *names: str, within_ms: float = LONG_MS) -> asyncio.Task[Judged]:
        asks = [ask(name) for name in names]
        return asyncio.ensure_future(self.judge.judge(asks, Deadline.after_ms(within_ms)))

    async def inside(self, count: int) -> None:
        async with asyncio.timeout(20):
            while self.engine.inside != count:  # noqa: ASYNC110 - the engine tells nobody
                await asyncio.sleep(0.01)


def on(stage: Callable[[Stage], Coroutine[Any, Any, None]], **settings: Any) -> None:
    async def run() -> None:
        await stage(Stage(**settings))

    asyncio.run(run())


def test_what_cannot_be_done_in_time_is_refused_before_it_waits() -> None:
    async def run(stage: Stage) -> None:
        first = stage.begun("a", "b", "c", "d")
        await stage.inside(2)
        # 200 s until it is let in, 150 s at most for itself
        with pytest.raises(Overbooked) as caught:
            await stage.begun("e", within_ms=250_000)
        assert caught.value.service == "judge"
        assert 0 < caught.value.retry_after_s <= 200
        assert stage.judge.wait_s() == 200.0
        second = stage.begun("f", within_ms=360_000)
        stage.go.set()
        done = await asyncio.gather(first, second)
        assert {outcome.status for one in done for outcome in one.outcomes} == {"ok"}
        assert len(stage.engine.asked) == 5
        assert stage.judge.wait_s() == 0.0

    on(run)


def test_batches_that_come_at_the_same_moment_see_each_other() -> None:
    async def run(stage: Stage) -> None:
        batches = [stage.begun(f"a{index}", f"b{index}", within_ms=260_000) for index in range(10)]
        await stage.inside(2)
        refused = [batch for batch in batches if batch.done() and isinstance(batch.exception(), Overbooked)]
        # two at a time and 100 s each, with 50 s to spare: two batches have their turn within 260 s
        assert len(refused) == 8
        stage.go.set()
        done = await asyncio.gather(*batches, return_exceptions=True)
        assert sum(isinstance(one, Judged) for one in done) == 10 - len(refused)

    on(run)


def test_what_is_known_or_under_way_is_not_refused() -> None:
    async def run(stage: Stage) -> None:
        stage.go.set()
        await stage.begun("known")
        stage.go.clear()
        stage.judge._caller.pace.took(100_000.0)
        first = stage.begun("a", "b", "c", "d")
        await stage.inside(2)
        (outcome,) = (await stage.begun("known", within_ms=5000)).outcomes
        assert outcome.status == "ok"
        shared = stage.begun("d", within_ms=50_000)
        await asyncio.sleep(0)
        stage.go.set()
        assert [outcome.status for outcome in (await shared).outcomes] == ["ok"]
        await first

    on(run)


def test_an_idle_judge_takes_whatever_comes() -> None:
    async def run(stage: Stage) -> None:
        stage.go.set()
        done = await stage.begun(*(f"n{index}" for index in range(100)), within_ms=30_000)
        assert {outcome.status for outcome in done.outcomes} == {"ok"}

    on(run)


def test_without_admission_all_may_wait() -> None:
    async def run(stage: Stage) -> None:
        first = stage.begun("a", "b", "c", "d")
        await stage.inside(2)
        late = await stage.begun("e", within_ms=50)
        assert [outcome.status for outcome in late.outcomes] == ["timeout"]
        stage.go.set()
        await first

    on(run, admission=Admission(enabled=False))


def test_calls_that_are_given_up_make_the_estimate_grow() -> None:
    async def run(stage: Stage) -> None:
        pace = stage.judge._caller.pace
        pace._seconds = pace._pieces = 0.0
        assert stage.judge.wait_s() == 0.0
        await stage.begun("a", within_ms=100)
        assert pace.seconds() > 0.05

    on(run)


def test_a_limit_on_the_rate_counts_as_much_as_one_on_the_places() -> None:
    async def run(stage: Stage) -> None:
        pace = stage.judge._caller.pace
        pace._seconds = pace._pieces = 0.0
        first = stage.begun(*(f"n{index}" for index in range(50)))
        await stage.inside(1)
        assert 480 <= stage.judge.wait_s() <= 500
        with pytest.raises(Overbooked):
            await stage.begun("e", within_ms=100_000)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert stage.judge.wait_s() == 0.0

    on(run, rate_per_s=0.1, max_concurrency=100)
