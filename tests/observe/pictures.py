"""The dashboards as pictures, drawn with matplotlib from what Prometheus has: the layout, titles, units, legends and
limits are those of their JSON.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from tests.observe import expressions
from tests.observe.drawing import BACK, EDGE, TEXT, Targets, graph, heat, number, rows
from tests.observe.prometheus import Prometheus


class Past(NamedTuple):
    """What is drawn."""

    prometheus: Prometheus
    since: float
    """seconds since 1970, as ``until``"""
    until: float
    window: str
    """over which rates are taken"""


WIDTH = 1400
"""pixels"""
_UNIT = 31
_ROW = 30
_TOP = 56
_DPI = 100
_GAP = 5
_POINTS = 10
"""of a graph, for each of the 24 columns of the grid"""

mpl.use("Agg")
mpl.rcParams["font.family"] = "DejaVu Sans"
_DRAWN = {"timeseries": graph, "stat": number, "heatmap": heat, "table": rows}


def draw(past: Past, out: Path) -> None:
    """Writes ``dashboard-NAME.png`` for each dashboard."""
    for path in expressions.DASHBOARDS:
        figure(expressions.board(path), past).savefig(out / f"dashboard-{path.stem}.png", facecolor=BACK)


def figure(board: dict[str, Any], past: Past) -> Figure:
    """One dashboard."""
    found = {id(panel): _found(panel, past) for panel in expressions.panels(board)}
    drawn = _worth_drawing(board["panels"], found)
    tops = _tops(drawn)
    height = max(tops[id(panel)] + _height(panel) for panel in drawn) + _GAP
    made = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI)
    at = partial(_at, width=WIDTH, height=height)
    made.text(*at(14, 30)[:2], board["title"], fontsize=15, color=TEXT, va="center", weight="bold")
    made.text(*at(WIDTH - 14, 30)[:2], board["description"], fontsize=9, color=EDGE[1], va="center", ha="right")
    for panel in drawn:
        grid, top = panel["gridPos"], tops[id(panel)]
        left = grid["x"] * WIDTH / 24
        if panel["type"] == "row":
            mark = "›" if _is_closed(drawn, panel) else "⌄"
            made.text(*at(14, top + _ROW / 2)[:2], f"{mark}  {panel['title']}", fontsize=10.5, color=TEXT, va="center")
            continue
        box = (left + _GAP, top + _GAP, grid["w"] * WIDTH / 24 - 2 * _GAP, _height(panel) - 2 * _GAP)
        _panel(made, panel, box, at, found[id(panel)], past.since)
    return made


def _panel(made: Figure, panel: dict[str, Any], box: tuple[float, ...], at: Any, found: Targets, since: float) -> None:
    left, top, width, height = box
    x, y, w, h = at(left, top, width, height)
    made.add_artist(
        FancyBboxPatch(
            (x, y),
            w,
            h,
            boxstyle="round,pad=0,rounding_size=0.001",
            facecolor="white",
            edgecolor=EDGE[0],
            linewidth=1,
            zorder=-1,
        )
    )
    made.text(*at(left + 10, top + 14)[:2], panel["title"], fontsize=9, color=TEXT, va="center", weight="bold")
    axes = made.add_axes(at(left + 8, top + 26, width - 16, height - 32))
    _DRAWN[panel["type"]](axes, panel, found, since)


def _found(panel: dict[str, Any], past: Past) -> Targets:
    step = max(1.0, (past.until - past.since) / (panel["gridPos"]["w"] * _POINTS))
    asked = [(target, expressions.filled(target["expr"], past.window)) for target in panel["targets"]]
    return [(target, past.prometheus.over(expr, past.since, past.until, step)) for target, expr in asked]


def _worth_drawing(panels: list[dict[str, Any]], found: dict[int, Targets]) -> list[dict[str, Any]]:
    """Without the panels of a row that has no data at all: of it the title stays."""
    kept: list[dict[str, Any]] = []
    row: list[dict[str, Any]] = []
    for panel in [*panels, {"type": "row"}]:
        if panel["type"] == "row":
            if any(series for one in row for _, series in found[id(one)]):
                kept += row
            row = []
            kept.append(panel)
        else:
            row.append(panel)
    return kept[:-1]


def _is_closed(drawn: list[dict[str, Any]], row: dict[str, Any]) -> bool:
    """Whether no panel follows it before the next row."""
    after = drawn[next(index for index, panel in enumerate(drawn) if panel is row) + 1 :]
    return not after or after[0]["type"] == "row"


def _height(panel: dict[str, Any]) -> float:
    return float(_ROW if panel["type"] == "row" else panel["gridPos"]["h"] * _UNIT)


def _tops(panels: list[dict[str, Any]]) -> dict[int, float]:
    """Where each begins, in pixels from above: a row is lower than its place in the grid says."""
    tops, y = {}, float(_TOP)
    for level in sorted({panel["gridPos"]["y"] for panel in panels}):
        here = [panel for panel in panels if panel["gridPos"]["y"] == level]
        tops |= {id(panel): y for panel in here}
        y += max(_height(panel) for panel in here)
    return tops


def _at(
    left: float, top: float, w: float = 0.0, h: float = 0.0, *, width: float, height: float
) -> tuple[float, float, float, float]:
    """Pixels from the upper left corner -> matplotlib's fractions from the lower left."""
    return left / width, 1 - (top + h) / height, w / width, h / height
