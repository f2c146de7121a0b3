"""The canaries as Prometheus gauges, under the same names in a live judge and in a file of ``medreward canary``."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry

from medreward.judge.canary.report import Report
from medreward.observability.catalogue import gauge


class CanaryGauge:
    """What the last run of the suite found."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers both gauges; nothing is told before the first :meth:`set`."""
        self._ratio = gauge("medreward_judge_canary_pass_ratio", registry)
        self._ran = gauge("medreward_judge_canary_last_run_timestamp_seconds", registry)

    def set(self, report: Report, at: float | None = None) -> None:
        """Tells of a run that ended at ``at``, in seconds since 1970; None: now. The labels are the suite's kinds."""
        for kind in report.kinds:
            self._ratio.labels(kind.kind).set(kind.ratio)
        self._ran.labels(report.expect).set(time.time() if at is None else at)
