"""How much the engine is asked at a time, over all requests; beyond the queue judgements are refused."""

from __future__ import annotations

import asyncio

from medreward.judge import Judged
from medreward.scoring.deadline import Deadline
from tests.unit.judge.engine import FakeEngine, ask, judged, service


def test_concurrency_is_that_of_the_service_not_of_a_request() -> None:
    engine = FakeEngine()
    judge = service(engine, max_concurrency=3)

    async def run() -> list[Judged]:
        batches = [[ask(f"{batch} {index}") for index in range(10)] for batch in range(4)]
        return await asyncio.gather(*(judge.judge(batch, Deadline.after_ms(5000)) for batch in batches))

    done = asyncio.run(run())
    assert engine.most_inside == 3
    assert sum(one.counts.engine_calls for one in done) == 40


def test_beyond_the_queue_judgements_are_overloaded_and_the_rest_are_served() -> None:
    done = judged(service(FakeEngine(), max_concurrency=1, max_queued=2), *(ask(f"n{i}") for i in range(10)))
    statuses = [outcome.status for outcome in done.outcomes]
    assert (statuses.count("ok"), statuses.count("overloaded")) == (3, 7)
    assert done.counts.failed == 7


def test_equal_judgements_do_not_fill_the_queue() -> None:
    done = judged(service(FakeEngine(), max_concurrency=1, max_queued=0), *[ask("same")] * 10)
    assert {outcome.status for outcome in done.outcomes} == {"ok"}


def test_limits_hold_for_the_judge_without_cache_too() -> None:
    engine = FakeEngine()
    judge = service(engine, max_concurrency=2)
    other = judge.without_cache()

    async def run() -> None:
        batches = [[ask(f"{number} {index}") for index in range(10)] for number in range(2)]
        await asyncio.gather(
            *(one.judge(batch, Deadline.after_ms(5000)) for one, batch in zip((judge, other), batches, strict=True))
        )
        await other.judge(batches[1], Deadline.after_ms(5000))

    asyncio.run(run())
    assert engine.most_inside == 2
    assert len(engine.asked) == 30
