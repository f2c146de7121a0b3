"""The canaries as gauges."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from medreward.judge.canary import load_suite, run_suite
from medreward.judge.canary.metrics import CanaryGauge

from .fakes import Always, Knowing


def test_gauges_tell_the_last_run() -> None:
    registry = CollectorRegistry()
    gauge = CanaryGauge(registry)
    suite = load_suite()

    def ratio(kind: str) -> float | None:
        return registry.get_sample_value("medreward_judge_canary_pass_ratio", {"kind": kind})

    gauge.set(asyncio.run(run_suite(Always(9, 1), suite, "verdict", 60_000)), at=100.0)
    assert ratio("side") == 1.0
    controls = ratio("control")
    assert controls is not None
    assert controls < 0.5
    gauge.set(asyncio.run(run_suite(Knowing(), suite, "verdict", 60_000)), at=200.0)
    assert ratio("control") == 1.0
    ran = registry.get_sample_value("medreward_judge_canary_last_run_timestamp_seconds", {"expect": "verdict"})
    assert ran == 200.0


def test_nothing_is_told_before_a_run() -> None:
    registry = CollectorRegistry()
    CanaryGauge(registry)
    assert [sample for metric in registry.collect() for sample in metric.samples] == []


def test_gauges_stand_once_in_a_registry() -> None:
    registry = CollectorRegistry()
    CanaryGauge(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        CanaryGauge(registry)
