"""What dashboards and alerts ask for exists."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import promql_parser as promql
import pytest

from medreward.observability.catalogue import FAMILIES
from tests.observe import expressions, names

EVERY = [*expressions.of_panels("5m"), *expressions.alerts()]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.where}-{one.name}")
def test_every_expression_parses_and_asks_for_known_metrics_of_this_release(one: expressions.Expression) -> None:
    assert expressions.metrics(one.expr) <= names.known()
    for selector in expressions.selectors(promql.parse(one.expr)):
        jobs = [matcher.value for matcher in selector.matchers.matchers if matcher.name == "job"]
        assert jobs == [expressions.JOB], selector.name


def test_the_lists_of_foreign_metrics_hold_nothing_unused() -> None:
    used = set().union(*(expressions.metrics(one.expr) for one in EVERY))
    assert used >= names.RAY | names.GPUS | names.VLLM


def test_all_that_we_count_is_shown_or_watched() -> None:
    used = set().union(*(expressions.metrics(one.expr) for one in EVERY))
    unseen = {name for name in FAMILIES if not any(metric.startswith(name) for metric in used)}
    assert unseen == set()


def test_labels_that_are_asked_for_are_those_of_the_metric() -> None:
    for one in EVERY:
        for selector in expressions.selectors(promql.parse(one.expr)):
            family = FAMILIES.get(selector.name) or FAMILIES.get(selector.name.rpartition("_")[0])
            if family is not None:
                asked = {matcher.name for matcher in selector.matchers.matchers} - {"job"}
                assert asked <= set(family.labels), f"{one.name}: {selector.name}"


def test_rays_source_names_the_metrics_of_gpus() -> None:
    spec = importlib.util.find_spec("ray.dashboard.modules.reporter.reporter_agent")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    for name in names.GPUS:
        assert f'"{name.removeprefix("ray_")}"' in source


def test_an_alert_that_asks_for_nothing_known_would_be_found() -> None:
    assert expressions.metrics('sum(rate(medreward_nonsense_total{job="x"}[5m])) / up > 2') == {
        "medreward_nonsense_total",
        "up",
    }
    assert "medreward_nonsense_total" not in names.known()


def test_the_sides_of_an_alert_are_what_a_healthy_system_has() -> None:
    parsed = promql.parse('(sum(a{x="1"}) or 0 * sum(b)) / sum(c) > 0.5 unless absent(d == 1)')
    assert expressions.sides(parsed) == ['sum(a{x="1"})', "sum(b)", "sum(c)", "d"]
