"""Every expression of the dashboards and the alerts, as Prometheus can take it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser as promql
import yaml

FILES = Path(__file__).parents[2] / "helm" / "medreward" / "files"
DASHBOARDS = sorted((FILES / "dashboards").glob("*.json"))
ALERTS = FILES / "alerts.yaml"

JOB = "observed/medreward"
"""the job of whatever Prometheus scrapes for us"""
CANARY_STALE_S = 960


class Expression(NamedTuple):
    """One expression, and where it stands."""

    where: str
    """dashboard or group of alerts"""
    name: str
    """of the panel or alert"""
    expr: str


def board(path: Path) -> dict[str, Any]:
    """A dashboard's JSON."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def filled(expr: str, window: str) -> str:
    """With a value for each variable: this release, every recipe, and ``window`` for what Grafana derives."""
    expr = expr.replace("$__rate_interval", window).replace("$job", JOB).replace("$recipe", ".*")
    if left := re.search(r"\$[a-zA-Z_]\w*", expr):
        raise ValueError(f"no value for {left[0]} in {expr}")
    return expr


def of_panels(window: str) -> list[Expression]:
    """Of every target of every panel."""
    return [
        Expression(path.stem, panel["title"], filled(target["expr"], window))
        for path in DASHBOARDS
        for panel in panels(board(path))
        for target in panel["targets"]
    ]


def alert_groups() -> list[dict[str, Any]]:
    """The rules as the chart would install them, but for the job."""
    text = ALERTS.read_text(encoding="utf-8").replace("JOB", JOB).replace("CANARY_STALE_S", str(CANARY_STALE_S))
    found: list[dict[str, Any]] = yaml.safe_load(text)
    return found


def alerts() -> list[Expression]:
    """The whole expression of every alert."""
    return [
        Expression(group["name"], rule["alert"], rule["expr"]) for group in alert_groups() for rule in group["rules"]
    ]


def of_alerts() -> list[Expression]:
    """What the alerts look at: the sides of their comparisons and ratios, which a healthy system has data for."""
    return [Expression(alert.where, alert.name, part) for alert in alerts() for part in sides(promql.parse(alert.expr))]


def sides(expr: Any) -> list[str]:
    """The operands of comparisons, ratios and sets, down to what is a number or is computed by a function."""
    if isinstance(expr, promql.NumberLiteral):
        return []
    if isinstance(expr, promql.ParenExpr):
        return sides(expr.expr)
    if isinstance(expr, promql.BinaryExpr):
        return [*sides(expr.lhs), *sides(expr.rhs)]
    if isinstance(expr, promql.Call) and expr.func.name in ("absent", "time"):
        # absent() is there only when what it asks for is not
        return [part for argument in expr.args for part in sides(argument)]
    if any(selector.offset for selector in selectors(expr)):
        # what was there half an hour ago cannot be, in a system that was started just now
        return []
    return [expr.prettify()]


def metrics(expr: str) -> set[str]:
    """The names of the metrics that an expression selects."""
    return {selector.name for selector in selectors(promql.parse(expr))}


def selectors(expr: Any) -> Iterator[Any]:
    """Every selector of an expression."""
    if isinstance(expr, promql.VectorSelector):
        yield expr
    elif isinstance(expr, promql.BinaryExpr):
        yield from selectors(expr.lhs)
        yield from selectors(expr.rhs)
    elif isinstance(expr, promql.Call):
        for argument in expr.args:
            yield from selectors(argument)
    elif isinstance(expr, promql.MatrixSelector):
        yield from selectors(expr.vector_selector)
    elif isinstance(expr, promql.AggregateExpr | promql.ParenExpr | promql.SubqueryExpr | promql.UnaryExpr):
        yield from selectors(expr.expr)
    elif not isinstance(expr, promql.NumberLiteral | promql.StringLiteral):
        raise TypeError(f"{expr!r} is not known here")
