"""The suite put to a live judge again and again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from medreward.judge import JudgeAsk, Judged
from medreward.judge.canary.metrics import CanaryGauge
from medreward.judge.canary.suite import load_suite
from medreward.judge.canary.watch import watch
from medreward.scoring.deadline import Deadline
from tests.unit.judge.canary.fakes import Always


class Fooled(Always):
    """Finds everything right, and tells when it is asked a second time."""

    def __init__(self) -> None:
        super().__init__(9, 9)
        self.asked_again = asyncio.Event()

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        if self.asked:
            self.asked_again.set()
        return await super().judge(asks, deadline)


def test_a_fooled_judge_is_told_by_the_gauge_and_watched_on() -> None:
    registry = CollectorRegistry()

    async def run() -> None:
        judge = Fooled()
        task = asyncio.ensure_future(watch(judge, CanaryGauge(registry), every_s=0.0))
        async with asyncio.timeout(30):
            await judge.asked_again.wait()
        assert not task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
    ratios = {
        kind: registry.get_sample_value("medreward_judge_canary_pass_ratio", {"kind": kind})
        for kind in load_suite().kinds
    }
    assert ratios["negation"] == 0.0
    assert ratios["control"] == 1.0
