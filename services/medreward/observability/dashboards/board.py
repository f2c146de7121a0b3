"""A dashboard: its variables, its links to the others, its rows."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as d

from medreward.observability.dashboards.panels import DATASOURCE

TAG = "medreward"


def board(name: str, description: str, *, recipe: bool = False) -> dashboard.Dashboard:
    """An empty dashboard of this release: which Prometheus, which release and, where asked for, which recipes."""
    empty = (
        dashboard.Dashboard(f"medreward / {name}")
        .uid(f"medreward-{name.lower()}")
        .description(description)
        .tags([TAG])
        .timezone("browser")
        .time("now-3h", "now")
        .refresh("30s")
        .readonly()
        .tooltip(d.DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink("medreward")
            .type(d.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(False)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(
            dashboard.QueryVariable("job")
            .label("Release")
            .description("namespace/release, as the Prometheus operator names the job of its PodMonitor")
            .query("label_values(medreward_build_info, job)")
            .datasource(DATASOURCE)
            .refresh(d.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(d.VariableSort.ALPHABETICAL_ASC)
        )
    )
    if not recipe:
        return empty
    return empty.with_variable(
        dashboard.QueryVariable("recipe")
        .label("Recipe")
        .query('label_values(medreward_rollouts_total{job="$job"}, recipe)')
        .datasource(DATASOURCE)
        .refresh(d.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(d.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(d.VariableOption(text="All", value="$__all"))
    )
