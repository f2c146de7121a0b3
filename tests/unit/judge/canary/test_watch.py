"""The suite put to a live judge again and again."""

from __future__ import annotations

import asyncio
import contextlib

from prometheus_client import CollectorRegistry

from medreward.judge.canary.metrics import canary_gauge
from medreward.judge.canary.suite import load_suite
from medreward.judge.canary.watch import watch
from tests.unit.judge.canary.fakes import Always


def test_a_fooled_judge_is_told_by_the_gauge_and_watched_on() -> None:
    registry = CollectorRegistry()
    judge = Always(9, 9)

    async def run() -> None:
        task = asyncio.ensure_future(watch(judge, canary_gauge(registry), every_s=0.01))
        once = len(load_suite().cases)
        async with asyncio.timeout(30):
            while len(judge.asked) < once and not task.done():  # two runs: some canaries need no judge
                await asyncio.sleep(0.01)
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
