"""The dashboard "Rewards": do rollouts get their rewards, how fast, and are the rewards still what they were?"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from medreward.observability.dashboards.board import board
from medreward.observability.dashboards.panels import (
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    Limits,
    Query,
    heat,
    number,
    series,
)
from medreward.observability.dashboards.queries import (
    JOB,
    QUANTILES,
    RECIPE,
    gauge,
    mean,
    quantile,
    share,
    spread,
    total,
)

OURS = 'code=~"overloaded|unavailable|internal|timeout"'
"""refusals that are on our side; the others are on the caller's"""
_TOTAL = f'{RECIPE}, stage="total"'
_STAGES = f'{RECIPE}, stage!="total"'
_SLOW = Limits(critical=30)


def build() -> Dashboard:
    """All of it."""
    made = board("Rewards", "Latency, outcomes, and the rewards themselves", recipe=True)
    return _drift(_latency(_outcomes(_glance(made))))


def _glance(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("At a glance"))
        .with_panel(
            number(
                "Rollouts", "Scored or absent, each second", PER_SECOND, total("medreward_rollouts_total", "", RECIPE)
            )
        )
        .with_panel(
            number(
                "With a reward",
                "Share of the rollouts that got one; the rest are absent and say why",
                SHARE,
                share("medreward_rollouts_total", 'outcome="scored"', "", RECIPE),
                limits=Limits(0.98, 0.9, falling=True),
                decimals=1,
            )
        )
        .with_panel(
            number(
                "Batch, p99",
                "One batch in a hundred takes longer than this, from its arrival to its reply",
                SECONDS,
                quantile(0.99, "medreward_stage_seconds", "", _TOTAL),
                limits=Limits(10, 30),
            )
        )
        .with_panel(
            number(
                "Failed on our side",
                "Share of the requests that were overloaded, unavailable, internal or timeout",
                SHARE,
                share("medreward_requests_total", OURS),
                limits=Limits(0.01, 0.05),
                decimals=1,
            )
        )
        .with_panel(
            number("In flight", "Requests between arrival and answer", COUNT, gauge("medreward_requests_in_flight"))
        )
        .with_panel(
            number(
                "Mean reward",
                "Over all recipes shown; of the rollouts that have one",
                COUNT,
                mean("medreward_reward", "", RECIPE),
                decimals=2,
            )
        )
    )


def _outcomes(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Throughput and outcomes"))
        .with_panel(
            series(
                "Rollouts by recipe",
                "How many each second, scored and absent together",
                PER_SECOND,
                Query(total("medreward_rollouts_total", "recipe", RECIPE), "{{recipe}}"),
                stacked=True,
            )
        )
        .with_panel(
            series(
                "Rollouts without a reward",
                "Share of each recipe. Trainers drop these from their groups. An alert fires above 2 %",
                SHARE,
                Query(share("medreward_rollouts_total", 'outcome="absent"', "recipe", RECIPE), "{{recipe}}"),
                limits=Limits(critical=0.02),
            )
        )
        .with_panel(
            series(
                "Components without a value",
                "By status, which is the reason: invalid_input is the rollout's own, the others ours",
                PER_SECOND,
                Query(
                    total("medreward_components_total", "component, status", f'{JOB}, status!="ok"'),
                    "{{component}} {{status}}",
                ),
            )
        )
        .with_panel(
            series(
                "Requests by outcome",
                "ok, or the code they were refused with (docs/serving.md says what each means); "
                "cancelled: the caller left",
                PER_SECOND,
                Query(total("medreward_requests_total", "code"), "{{code}}"),
            )
        )
        .with_panel(
            series(
                "Rollouts of a batch",
                "Small batches cost more for each rollout; 64 to 1 024 are good",
                COUNT,
                Query(quantile(0.5, "medreward_batch_rollouts", "protocol"), "p50 {{protocol}}"),
                Query(quantile(0.95, "medreward_batch_rollouts", "protocol"), "p95 {{protocol}}"),
            )
        )
        .with_panel(
            series(
                "Requests in flight",
                "Between arrival and answer; grows without end when the service is too slow for its trainers",
                COUNT,
                Query(gauge("medreward_requests_in_flight", "protocol"), "{{protocol}}"),
            )
        )
    )


def _latency(made: Dashboard) -> Dashboard:
    made = made.with_row(Row("Latency")).with_panel(
        series(
            "Batch by recipe",
            "From arrival to reply. An alert fires when p99 stays above 30 s",
            SECONDS,
            *(
                Query(quantile(q, "medreward_stage_seconds", "recipe", _TOTAL), f"p{q * 100:g} {{{{recipe}}}}")
                for q in QUANTILES
            ),
            span=12,
            limits=_SLOW,
        )
    )
    made = made.with_panel(
        series(
            "Requests by method, p99",
            "With decoding and encoding, for both doors",
            SECONDS,
            Query(quantile(0.99, "medreward_request_seconds", "protocol, method"), "{{protocol}} {{method}}"),
            span=12,
        )
    )
    for q in QUANTILES:
        made = made.with_panel(
            series(
                f"Stages, p{q * 100:g}",
                "Seconds of a batch in each stage. queue: before work began; judge and scorer: waiting for them, at "
                "the same time as each other; the rest are components, computed in place",
                SECONDS,
                Query(quantile(q, "medreward_stage_seconds", "stage", _STAGES), "{{stage}}"),
                log=True,
            )
        )
    return made


def _drift(made: Dashboard) -> Dashboard:
    return (
        made.with_row(Row("Rewards and their drift"))
        .with_panel(
            heat(
                "Rewards",
                "How many rollouts got which reward. A policy that learns moves upwards; one that cheats, at once",
                COUNT,
                f"sum by (le) (increase(medreward_reward_bucket{{{RECIPE}}}[$__rate_interval]))",
            )
        )
        .with_panel(
            series(
                "Reward, mean",
                "Of the rollouts that have one",
                COUNT,
                Query(mean("medreward_reward", "recipe", RECIPE), "{{recipe}}"),
            )
        )
        .with_panel(
            series(
                "Reward, spread",
                "Standard deviation. Near 0 there is nothing to learn from: all rollouts of a group score the same",
                COUNT,
                Query(spread("medreward_reward", "recipe", RECIPE), "{{recipe}}"),
            )
        )
        .with_panel(
            series(
                "Components, mean",
                "A step without a change of the policy means that a judge, a scorer or the data changed",
                COUNT,
                Query(mean("medreward_component_value", "recipe, component", RECIPE), "{{recipe}} {{component}}"),
                span=12,
            )
        )
        .with_panel(
            series(
                "Components, spread",
                "Standard deviation of each component's values",
                COUNT,
                Query(spread("medreward_component_value", "recipe, component", RECIPE), "{{recipe}} {{component}}"),
                span=12,
            )
        )
    )
