"""The shipped suite put to a live judge, again and again, and told as metrics."""

from __future__ import annotations

import asyncio
import logging
from typing import NoReturn

from medreward.judge import Judge
from medreward.judge.canary.metrics import CanaryGauge
from medreward.judge.canary.report import Report
from medreward.judge.canary.run import run_suite
from medreward.judge.canary.suite import load_suite

log = logging.getLogger(__name__)

_DEADLINE_MS = 300_000


async def watch(judge: Judge, gauge: CanaryGauge, every_s: float) -> NoReturn:
    """Runs the suite now and then every ``every_s`` seconds; until it is cancelled.

    Args:
        judge: one that keeps no verdicts, since a verdict from a cache says nothing of the engine as it is now.
        gauge: where the pass rates are told.
        every_s: seconds from the end of a run to the next.
    """
    suite = load_suite()
    while True:
        try:
            report = await run_suite(judge, suite, "verdict", _DEADLINE_MS)
            gauge.set(report)
            _tell(report)
        except Exception:
            # the time of the last run, a metric too, shows that there are none any more
            log.exception("the canaries could not be run")
        await asyncio.sleep(every_s)


def _tell(report: Report) -> None:
    level = logging.INFO if report.ok else logging.WARNING
    failed = ", ".join(f"{kind.kind} {kind.passed}/{kind.total}" for kind in report.kinds if kind.failures)
    log.log(level, "canaries: %d of %d passed%s", report.passed, report.total, f"; {failed}" if failed else "")
