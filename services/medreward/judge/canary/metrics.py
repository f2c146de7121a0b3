"""The canaries as Prometheus gauges, under the same names in a live judge and in a file of ``medreward canary``."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Gauge

from medreward.judge.canary.report import Report


class CanaryGauge:
    """What the last run of the suite found."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers both gauges; nothing is told before the first :meth:`set`."""
        # several processes of a node may run the suite: the last one tells
        self._ratio = Gauge(
            "medreward_judge_canary_pass_ratio",
            "Share of the canaries of a kind that the judge passed in the last run; an absent verdict is not passed",
            ["kind"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self._ran = Gauge(
            "medreward_judge_canary_last_run_timestamp_seconds",
            "When the suite was last run, by what was expected of the judge",
            ["expect"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def set(self, report: Report, at: float | None = None) -> None:
        """Tells of a run that ended at ``at``, in seconds since 1970; None: now. The labels are the suite's kinds."""
        for kind in report.kinds:
            self._ratio.labels(kind.kind).set(kind.ratio)
        self._ran.labels(report.expect).set(time.time() if at is None else at)
