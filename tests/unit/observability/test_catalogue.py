"""Every name once, made as it is listed, and told in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from medreward.judge.canary.metrics import CanaryGauge
from medreward.observability import catalogue
from medreward.observability.catalogue import FAMILIES, Children
from medreward.observability.judge_metrics import JudgeMetrics
from medreward.observability.metrics import Metrics
from medreward.observability.scorer_metrics import ScorerMetrics

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| `(medreward_\w+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)


def documented() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name -> kind and labels, as the docs have them."""
    rows = ROW.findall((ROOT / "docs" / "metrics.md").read_text(encoding="utf-8"))
    assert len(rows) == len({name for name, _, _ in rows})
    return {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def test_the_docs_list_every_metric_with_its_kind_and_labels_and_no_other() -> None:
    assert documented() == {name: (family.kind, family.labels) for name, family in FAMILIES.items()}


def test_every_metric_can_be_made_as_it_is_listed() -> None:
    registry = CollectorRegistry()
    for name, family in FAMILIES.items():
        made = getattr(catalogue, family.kind)(name, registry)
        if family.labels:
            made.labels(*family.labels)
    names = {sample.name for family in registry.collect() for sample in family.samples}
    wanted = {f"{name}_bucket" if family.kind == "histogram" else name for name, family in FAMILIES.items()}
    assert wanted <= names


def test_counters_and_only_counters_end_in_total() -> None:
    assert {name for name in FAMILIES if name.endswith("_total")} == {
        name for name, family in FAMILIES.items() if family.kind == "counter"
    }


def test_a_name_of_another_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="is a counter"):
        catalogue.gauge("medreward_requests_total", CollectorRegistry())


def test_a_name_that_is_not_listed_is_refused() -> None:
    with pytest.raises(KeyError):
        catalogue.counter("medreward_anything_total", CollectorRegistry())


def test_a_process_may_have_all_of_them_in_one_registry() -> None:
    registry = CollectorRegistry()
    JudgeMetrics(registry)
    ScorerMetrics(registry)
    CanaryGauge(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        JudgeMetrics(registry)
    Metrics()


def test_children_are_found_by_their_labels() -> None:
    of, metric = Children(), catalogue.counter("medreward_requests_total", CollectorRegistry())
    of(metric, "http", "ok", "").inc()
    assert of(metric, "http", "ok", "") is metric.labels("http", "ok", "")
    assert of(metric, "grpc", "ok", "") is not of(metric, "http", "ok", "")
