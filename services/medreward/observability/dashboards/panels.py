"""What a panel is: a graph over time, one number, a heat map or a table, each with its unit and a sentence on how to
read it.
"""

from __future__ import annotations

from typing import NamedTuple

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models import dashboard as d
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE = d.DataSourceRef(type_val="prometheus", uid="${datasource}")

PER_SECOND = "suffix:/s"
SECONDS = "s"
SHARE = "percentunit"
COUNT = "short"
BYTES = "bytes"


class Query(NamedTuple):
    """One expression, and how its series are called: ``{{label}}`` is filled in."""

    expr: str
    legend: str


class Limits(NamedTuple):
    """From where on a value is worrying, and from where on it is bad; ``falling``: below it, not above."""

    warning: float | None = None
    critical: float | None = None
    falling: bool = False


def _target(query: Query, ref: int) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(query.expr).legend_format(query.legend).datasource(DATASOURCE).ref_id(_ref(ref))


def _ref(number: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number]


def _thresholds(limits: Limits) -> dashboard.ThresholdsConfig:
    ordered = [("orange", limits.warning), ("red", limits.critical)]
    known = [(color, value) for color, value in ordered if value is not None]
    if limits.falling:
        # Grafana's steps say what holds from a value upwards
        colors = [*(color for color, _ in reversed(known)), "green"]
        bounds = [None, *(value for _, value in reversed(known))]
    else:
        colors = ["green", *(color for color, _ in known)]
        bounds = [None, *(value for _, value in known)]
    steps = [d.Threshold(value=value, color=color) for color, value in zip(colors, bounds, strict=True)]
    return dashboard.ThresholdsConfig().mode(d.ThresholdsMode.ABSOLUTE).steps(steps)


def series(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    span: int = 8,
    stacked: bool = False,
    limits: Limits | None = None,
    most: float | None = None,
    log: bool = False,
) -> timeseries.Panel:
    """A graph over time, of ``span`` of the 24 columns; ``limits`` are drawn as dashed lines, ``log``: on a logarithmic
    axis."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .unit(unit)
        .datasource(DATASOURCE)
        .height(8)
        .span(span)
        .line_width(1.5)
        .fill_opacity(35 if stacked else 8)
        .show_points(c.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .display_mode(c.LegendDisplayMode.TABLE)
            .placement(c.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["mean", "lastNotNull"])
        )
        .tooltip(common.VizTooltipOptions().mode(c.TooltipDisplayMode.MULTI).sort(c.SortOrder.DESCENDING))
    )
    if log:
        panel = panel.scale_distribution(common.ScaleDistributionConfig().type(c.ScaleDistribution.LOG).log(10))
    else:
        panel = panel.axis_soft_min(0)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(c.StackingMode.NORMAL))
    if limits is not None:
        panel = panel.thresholds(_thresholds(limits)).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(c.GraphThresholdsStyleMode.DASHED)
        )
    if most is not None:
        panel = panel.axis_soft_max(most)
    for number, query in enumerate(queries):
        panel = panel.with_target(_target(query, number))
    return panel


def number(
    title: str, description: str, unit: str, expr: str, *, limits: Limits | None = None, decimals: int | None = None
) -> stat.Panel:
    """One number, the latest, over a small graph of its past; coloured by ``limits``."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .unit(unit)
        .datasource(DATASOURCE)
        .height(4)
        .span(4)
        .color_mode(c.BigValueColorMode.VALUE)
        .graph_mode(c.BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(limits or Limits()))
        .with_target(_target(Query(expr, title), 0))
    )
    return panel if decimals is None else panel.decimals(decimals)


def heat(title: str, description: str, unit: str, expr: str, *, span: int = 8) -> heatmap.Panel:
    """How often which value was observed, over time; ``expr`` gives a histogram's buckets by ``le``."""
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .height(8)
        .span(span)
        .calculate(False)
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(64))
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .with_target(_target(Query(expr, "{{le}}"), 0).format(PromQueryFormat.HEATMAP))
    )


def labels(title: str, description: str, expr: str, *shown: str, span: int = 24) -> table.Panel:
    """A table of the labels ``shown`` of what ``expr`` gives now."""
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .height(8)
        .span(span)
        .with_target(_target(Query(expr, ""), 0).format(PromQueryFormat.TABLE).instant())
        .with_transformation(
            d.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": [*shown, "Value"]}})
        )
    )
