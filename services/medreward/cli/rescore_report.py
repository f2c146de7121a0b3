"""How drift is shown."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from medreward.cli.rescore_drift import Change, Drift, Mean
from medreward.cli.seen_judge import differences, shown
from medreward.cli.seen_scorer import scorer_shown

_COLUMNS = {
    "equal": "equal",
    "up": "0 to 1",
    "down": "1 to 0",
    "moved": "moved",
    "newly_absent": "newly absent",
    "newly_present": "newly there",
    "still_absent": "absent",
    "only_before": "only before",
    "only_now": "only now",
}
_ALWAYS = 3  # of those columns; the others where anything is in them


def plain(drift: Drift) -> dict[str, Any]:
    """As JSON says it."""
    return {
        "rollouts": drift.rollouts,
        "changed": drift.changed,
        "changed_share": drift.share,
        "newly_absent": drift.newly_absent,
        "newly_present": drift.newly_present,
        "compared_rewards": drift.difference.count,
        "mean_before": drift.before.value,
        "mean_now": drift.now.value,
        "mean_difference": drift.difference.value,
        "components": drift.components,
        "biggest": drift.biggest(),
    }


def show(out: Console, drift: Drift, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Prints it."""
    out.print(f"before: {_listed(before) or 'nothing is known of how the results were made'}", soft_wrap=True)
    out.print(f"now:    {_listed(now)}", soft_wrap=True)
    out.print(f"judges: {_services('judge', before, now)}", soft_wrap=True)
    if before.get("scorer") or now.get("scorer"):
        out.print(f"scorers: {_services('scorer', before, now)}", soft_wrap=True)
    grid = Table.grid(padding=(0, 2))
    grid.add_row("rollouts", str(drift.rollouts), "")
    grid.add_row("rewards changed", str(drift.changed), f"{100 * drift.share:.1f}%")
    grid.add_row("newly absent", str(drift.newly_absent), "")
    grid.add_row("newly there", str(drift.newly_present), "")
    both = drift.difference.count
    means = f"mean before {_mean(drift.before)}, now {_mean(drift.now)}, difference {_mean(drift.difference)}"
    grid.add_row("scored in both", str(both), means if both else "")
    out.print(grid)
    out.print(_components(drift))
    for name, component in drift.components.items():
        if component.statuses:
            absent = ", ".join(f"{status} {count}" for status, count in component.statuses.items())
            out.print(f"{name}: newly absent by status: {absent}")
    if biggest := drift.biggest():
        out.print("the biggest changes of the reward:")
    for change in biggest:
        out.print(f"  {_changed(change)}", soft_wrap=True)


def _components(drift: Drift) -> Table:
    rows = {name: msgspec.structs.asdict(component) for name, component in drift.components.items()}
    names = [name for index, name in enumerate(_COLUMNS) if index < _ALWAYS or any(row[name] for row in rows.values())]
    table = Table("component", *(_COLUMNS[name] for name in names))
    for column in table.columns[1:]:
        column.justify = "right"
    for component, row in rows.items():
        table.add_row(component, *(str(row[name]) for name in names))
    return table


def _changed(change: Change) -> str:
    before, now = ("absent" if reward is None else f"{reward:g}" for reward in (change.before, change.now))
    return f"{change.id}: {before} to {now}"


def _mean(mean: Mean) -> str:
    return "-" if mean.value is None else f"{mean.value:.4f}"


def _listed(made: dict[str, Any]) -> str:
    told = {**made, "judge": shown(made["judge"])} if "judge" in made else made
    if "scorer" in told:
        told = {**told, "scorer": scorer_shown(told["scorer"])}
    return ", ".join(f"{name} {value}" for name, value in told.items())


def _services(name: str, before: dict[str, Any], now: dict[str, Any]) -> str:
    if before.get(name) is None or now.get(name) is None:
        return "whether they are the same is not known"
    return "; ".join(differences(before[name], now[name], name)) or "the same"
