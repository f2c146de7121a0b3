"""What the processes of judge and scorer tell of their queues and their work."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry

from medreward.observability.judge_metrics import JudgeMetrics
from medreward.observability.scorer_metrics import ScorerMetrics
from medreward.scoring.deadline import Deadline
from tests.unit.judge.engine import FakeEngine
from tests.unit.judge.engine import ask as judge_ask
from tests.unit.judge.engine import scores as judge_scores
from tests.unit.judge.engine import service as judge_service
from tests.unit.scorer.fake_weights import FakeWeights
from tests.unit.scorer.fake_weights import ask as scorer_ask
from tests.unit.scorer.fake_weights import service as scorer_service

LATER_MS = 60_000.0


def _told(registry: CollectorRegistry, name: str, state: str) -> float | None:
    return registry.get_sample_value(name, {"state": state} if state else {})


async def _until(registry: CollectorRegistry, wanted: dict[tuple[str, str], float]) -> None:
    """Until the gauges, by name and value of their label, say so."""
    async with asyncio.timeout(60):
        while any(_told(registry, *key) != number for key, number in wanted.items()):  # noqa: ASYNC110  (no event)
            await asyncio.sleep(0.001)


def judge_queue(waiting: float, inside: float) -> dict[tuple[str, str], float]:
    return {("medreward_judge_queue", "waiting"): waiting, ("medreward_judge_queue", "inside"): inside}


def test_judgements_wait_and_are_inside_and_neither_once_they_are_done_or_given_up() -> None:
    registry = CollectorRegistry()

    async def run() -> None:
        go = asyncio.Event()

        async def answer(prompt: object) -> object:
            await go.wait()
            return judge_scores(9, 9)

        judge = judge_service(FakeEngine(answer), max_concurrency=2)
        judge.watched_by(JudgeMetrics(registry))
        asks = [judge_ask(f"answer {number}") for number in range(5)]
        task = asyncio.ensure_future(judge.judge(asks, Deadline.after_ms(LATER_MS)))
        await _until(registry, judge_queue(waiting=3, inside=2))
        task.cancel()
        await _until(registry, judge_queue(waiting=0, inside=0))
        go.set()
        await judge.judge(asks, Deadline.after_ms(LATER_MS))
        await _until(registry, judge_queue(waiting=0, inside=0))

    asyncio.run(run())


def test_margins_are_those_of_rulings_by_scores_and_not_of_the_canaries() -> None:
    registry = CollectorRegistry()

    async def run() -> None:
        judge = judge_service(FakeEngine(lambda prompt: judge_scores(9, 6)))
        judge.watched_by(JudgeMetrics(registry))
        # 3 apart, the border is at 2; the last two are short cuts, without scores
        asks = [judge_ask("one answer"), judge_ask("another"), judge_ask(""), judge_ask("")]
        await judge.judge(asks, Deadline.after_ms(LATER_MS))
        await judge.without_cache().judge(asks, Deadline.after_ms(LATER_MS))

    asyncio.run(run())
    assert registry.get_sample_value("medreward_judge_margin_count") == 2
    assert registry.get_sample_value("medreward_judge_margin_sum") == 2.0


def test_trajectories_wait_for_a_forward_and_do_not_once_they_are_given_up() -> None:
    registry = CollectorRegistry()
    queue = ("medreward_scorer_queue", "")

    async def run() -> None:
        weights = FakeWeights(budget=8)
        scorer = scorer_service(weights)
        scorer.watched_by(ScorerMetrics(registry))
        weights.go.clear()
        asks = [scorer_ask(number) for number in range(4)]
        task = asyncio.ensure_future(scorer.score(asks, Deadline.after_ms(LATER_MS)))
        await _until(registry, {queue: 3})
        task.cancel()
        await _until(registry, {queue: 0})
        weights.go.set()
        await scorer.score(asks, Deadline.after_ms(LATER_MS))
        await _until(registry, {queue: 0})
        await scorer.close()

    asyncio.run(run())
    # each forward of one trajectory: the one that nobody waited for any more, and four
    assert registry.get_sample_value("medreward_scorer_forward_seconds_count") == 5
    assert registry.get_sample_value("medreward_scorer_batch_tokens_sum") == 5 * 8
