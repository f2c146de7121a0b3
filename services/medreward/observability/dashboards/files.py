"""The JSON of every dashboard, by the name of its file."""

from __future__ import annotations

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from medreward.observability.dashboards import cluster, judge, rewards

DASHBOARDS = {"rewards.json": rewards.build, "judge.json": judge.build, "cluster.json": cluster.build}


def outputs() -> dict[str, str]:
    """What each file should hold. The same code always comes to the same text."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    return {name: encoder.encode(build().build()) + "\n" for name, build in DASHBOARDS.items()}
