"""One panel each on matplotlib's axes: a graph over time, a number, a heat map, a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from tests.observe.prometheus import Series
from tests.observe.units import shown

BACK = "#f4f5f5"
TEXT = "#24292e"
EDGE = ("#dfe1e3", "#6e7781")
NAMED = {"green": "#3a8c3f", "orange": "#e08400", "red": "#d0314a"}
COLORS = (
    *("#3a8c3f", "#e0a400", "#3274d9", "#e0641d", "#d0314a", "#0f8f9c", "#8f4fc4", "#b0598d"),
    *("#70a13a", "#7a5c3a", "#5b7f95", "#c48a00", "#2b5aa0", "#9c2b3f", "#4f4fa8", "#888888"),
)
_LEGEND = 8
"""entries of a legend in two columns; the rest are counted"""
_LINE = 0.055
"""height of one"""

Targets = Sequence[tuple[dict[str, Any], list[Series]]]


def _named(target: dict[str, Any], series: Series) -> str:
    return re.sub(r"{{(\w+)}}", lambda found: series.labels.get(found[1], ""), target["legendFormat"]).strip()


def _unit(panel: dict[str, Any]) -> tuple[str, int | None]:
    defaults = panel["fieldConfig"]["defaults"]
    return defaults["unit"], defaults.get("decimals")


def _steps(panel: dict[str, Any]) -> list[tuple[float, str]]:
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    return [(float("-inf") if step["value"] is None else step["value"], step["color"]) for step in steps]


def _clean(axes: Axes) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))


def _nothing(axes: Axes) -> None:
    _clean(axes)
    axes.text(0.5, 0.5, "No data", ha="center", va="center", color=EDGE[1], fontsize=10)


def _frame(axes: Axes, panel: dict[str, Any], height: float) -> Axes:
    """The part of a panel that is left above its legend, with a quiet grid."""
    _clean(axes)
    left = 0.95 / panel["gridPos"]["w"]  # as wide in each panel
    inner = axes.inset_axes((left, height, 0.99 - left, 0.97 - height))
    inner.set_facecolor("white")
    inner.grid(color="#eceef0", linewidth=0.8)
    inner.tick_params(labelsize=7, colors=EDGE[1], length=0, pad=3)
    inner.spines[:].set_visible(False)
    inner.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 3, 5, 6, 10], prune="both"))
    inner.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{int(x) // 60}:{int(x) % 60:02d}"))
    return inner


def graph(axes: Axes, panel: dict[str, Any], targets: Targets, since: float) -> None:
    """Lines over time, with a legend of means and last values."""
    lines = [(_named(target, series), series) for target, found in targets for series in found]
    if not lines:
        return _nothing(axes)
    lines.sort(key=lambda line: -float(np.mean([value for _, value in line[1].points])))
    unit, decimals = _unit(panel)
    custom = panel["fieldConfig"]["defaults"]["custom"]
    most = _LEGEND // (1 if _is_wide(panel) else 2)
    entries = lines if len(lines) <= most else lines[: most - 1]
    inner = _frame(axes, panel, 0.13 + _LINE * _lines(panel, len(entries), len(lines)))
    inner.yaxis.set_major_locator(MaxNLocator(4))
    inner.yaxis.set_major_formatter(FuncFormatter(lambda y, _: shown(y, unit)))
    if custom.get("stacking", {}).get("mode") == "normal":
        times = np.unique([at for _, series in lines for at, _ in series.points])
        values = [np.interp(times, *zip(*series.points, strict=True), left=0, right=0) for _, series in lines]
        inner.stackplot(times - since, values, colors=COLORS, alpha=0.45, linewidth=0)
        lows = np.cumsum(values, axis=0)
        for color, low in zip(COLORS, lows, strict=False):
            inner.plot(times - since, low, color=color, linewidth=1.3)
    else:
        for number, (_, series) in enumerate(lines):
            times, values = np.array(series.points).T
            inner.plot(times - since, values, color=COLORS[number % len(COLORS)], linewidth=1.4)
    low = min(value for _, series in lines for _, value in series.points)
    high = inner.get_ylim()[1] if any(value for _, series in lines for _, value in series.points) else 0.0
    high = max(high, custom.get("axisSoftMax") or high)
    for bound, color in _steps(panel):
        if np.isfinite(bound) and bound <= high * 3:
            inner.axhline(bound, color=NAMED[color], linestyle=(0, (5, 4)), linewidth=1, alpha=0.8)
            high = max(high, bound * 1.08)
    if custom.get("scaleDistribution", {}).get("type") == "log":
        inner.set_yscale("log")
        inner.set_ylim(low * 0.7, high * 1.3)
        inner.yaxis.set_major_formatter(FuncFormatter(lambda y, _: shown(y, unit)))
        inner.yaxis.set_minor_locator(NullLocator())
    else:
        inner.set_ylim(min(0, low), high if high > 0 else 1)
    inner.margins(x=0)
    _legend(axes, panel, entries, len(lines) - len(entries), unit, decimals)
    return None


def _legend(
    axes: Axes, panel: dict[str, Any], lines: list[tuple[str, Series]], more: int, unit: str, decimals: int | None
) -> None:
    columns = 2 if _is_wide(panel) else 1
    rows = _lines(panel, len(lines), len(lines) + more)
    places = [
        ((index % columns) / columns, _LINE * (rows - index // columns) - 0.02) for index in range(len(lines) + 1)
    ]
    most = {6: 17, 8: 18}.get(panel["gridPos"]["w"], 44)
    for index, (name, series) in enumerate(lines):
        values, (x, y) = [value for _, value in series.points], places[index]
        mean, last = (shown(value, unit, decimals) for value in (float(np.mean(values)), values[-1]))
        axes.plot([x + 0.005, x + 0.025], [y, y], color=COLORS[index % len(COLORS)], linewidth=2.5)
        short = name if len(name) <= most else name[: most - 1] + "…"
        axes.text(x + 0.035, y, short, fontsize=7, color=TEXT, va="center")
        right = x + 0.98 / columns
        axes.text(right, y, f"{mean}, last {last}", fontsize=6.5, color=EDGE[1], va="center", ha="right")
    if more:
        x, y = places[-1]
        axes.text(x + 0.035, y, f"and {more} more", fontsize=7, color=EDGE[1], va="center")


def _is_wide(panel: dict[str, Any]) -> bool:
    return bool(panel["gridPos"]["w"] >= 8)


def _lines(panel: dict[str, Any], named: int, all_of_them: int) -> int:
    """Of a legend, in one column or two."""
    return -(-(named + (named < all_of_them)) // (2 if _is_wide(panel) else 1))


def number(axes: Axes, panel: dict[str, Any], targets: Targets, since: float) -> None:
    """The last value, in the colour of the step that it is on, over a small graph of its past."""
    found = [series for _, several in targets for series in several]
    if not found:
        return _nothing(axes)
    times, values = np.array(found[0].points).T
    unit, decimals = _unit(panel)
    color = next(NAMED[name] for bound, name in reversed(_steps(panel)) if values[-1] >= bound)
    _clean(axes)
    axes.text(0.02, 0.66, shown(values[-1], unit, decimals), fontsize=21, color=color, va="center", weight="bold")
    inner = axes.inset_axes((0, 0, 1, 0.32))
    inner.set_axis_off()
    inner.fill_between(times - since, values, color=color, alpha=0.18, linewidth=0)
    inner.plot(times - since, values, color=color, linewidth=1.2)
    inner.set_ylim(min(0, float(values.min())), float(values.max()) * 1.05 or 1)
    inner.margins(x=0)
    return None


def heat(axes: Axes, panel: dict[str, Any], targets: Targets, since: float) -> None:
    """How much each bucket of a histogram has grown, over time; the empty ones above and below are left out."""
    found = {float(series.labels["le"]): dict(series.points) for _, several in targets for series in several}
    if not found:
        return _nothing(axes)
    bounds = sorted(found)
    times = sorted({at for points in found.values() for at in points})
    grown = np.array([[found[bound].get(at, 0.0) for at in times] for bound in bounds])
    counts = np.diff(grown, axis=0, prepend=0).clip(min=0)
    full = np.flatnonzero(counts.sum(axis=1))
    if not full.size:
        return _nothing(axes)
    shownrows = slice(full[0], full[-1] + 1)
    inner = _frame(axes, panel, 0.12)
    edges = np.arange(full[-1] - full[0] + 2)
    width = times[1] - times[0] if len(times) > 1 else 1.0
    across = np.array([*times, times[-1] + width]) - since
    inner.pcolormesh(across, edges, np.where(counts[shownrows] > 0, counts[shownrows], np.nan), cmap="Blues", vmin=0)
    names = [f"≤ {bound:g}" if np.isfinite(bound) else "more" for bound in bounds[shownrows]]
    inner.set_yticks(edges[:-1] + 0.5, names)
    inner.grid(visible=False)
    return None


def rows(axes: Axes, panel: dict[str, Any], targets: Targets, since: float) -> None:
    """The labels that the panel keeps, a line for each series."""
    found = [series for _, several in targets for series in several]
    if not found:
        return _nothing(axes)
    _clean(axes)
    names = [*panel["transformations"][0]["options"]["include"]["names"]]
    texts = [[series.labels.get(name, f"{series.points[-1][1]:g}") for name in names] for series in found]
    widths = np.array([max(len(text) for text in column) + 4 for column in zip(names, *texts, strict=True)])
    lefts = np.concatenate([[0], np.cumsum(widths)[:-1]]) / max(widths.sum(), 100) + 0.01
    for line, texts_of in enumerate([names, *texts[:5]]):
        for left, text in zip(lefts, texts_of, strict=True):
            weight, color = ("normal", TEXT) if line else ("bold", EDGE[1])
            axes.text(left, 0.9 - line * 0.19, text, fontsize=8, color=color, weight=weight, va="center")
    return None
