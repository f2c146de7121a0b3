"""A run as a table, as JSON, and as figures in docs/promises.md."""

from __future__ import annotations

import datetime
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.faults.ends import Count
from tests.faults.stage import Scenario, Seen

PAGE = Path(__file__).parents[2] / "docs" / "promises.md"
LATE_S = 5.0
"""that an answer may come after its deadline, where senders and cluster share a few cores"""
BEGIN, END = "<!-- figures: python -m tests.faults.run --docs -->", "<!-- end of figures -->"


def row(scenario: Scenario, seen: Seen, found: Count, seconds: float) -> dict[str, Any]:
    """Of a scenario that came to its end."""
    load = seen.load
    unmet = list(seen.unmet)
    if load.silent_refusals:
        unmet.append(f"{load.silent_refusals} refusals 429 without Retry-After")
    if "internal" in load.attempts:
        unmet.append(f"{load.attempts['internal']} answers were a defect of the service")
    if found.late_s > LATE_S:
        unmet.append(f"an answer came {found.late_s:.1f} s after its deadline")
    passed = not (found.lost or found.invented or unmet)
    return {
        "name": scenario.name,
        "fault": scenario.fault,
        "passed": passed,
        "sent": found.sent,
        "scored": found.scored,
        "senseless": found.senseless,
        "absent": dict(found.absent),
        "refused": dict(found.refused),
        "attempts": dict(load.attempts),
        "lost": found.lost,
        "invented": found.invented,
        "late_s": round(found.late_s, 2),
        "recovery_s": None if seen.recovery_s is None else round(seen.recovery_s, 2),
        "seconds": round(seconds, 1),
        "notes": seen.notes,
        "wrong": [*found.wrong, *unmet],
    }


def failed(scenario: Scenario, error: BaseException) -> dict[str, Any]:
    """Of one that did not come to its end: it has no counts."""
    why = f"{type(error).__name__}: {error}"
    return {"name": scenario.name, "fault": scenario.fault, "passed": False, "wrong": [why[:2000]]}


def skipped(scenario: Scenario, error: BaseException) -> dict[str, Any]:
    """Of one that this machine cannot run."""
    return {"name": scenario.name, "fault": scenario.fault, "passed": True, "skipped": str(error), "wrong": []}


def whole(rows: Sequence[Mapping[str, Any]], *, short: bool) -> dict[str, Any]:
    """The JSON of a run."""
    return {
        "when": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "short": short,
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30),
            "python": platform.python_version(),
            "load_average": round(os.getloadavg()[1], 1),
        },
        "scenarios": list(rows),
    }


def merged(before: Mapping[str, Any], told: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """A run with what an earlier one knows of other scenarios."""
    rows = {row["name"]: row for run in (before, told) for row in run["scenarios"]}
    return {**told, "scenarios": [rows[name] for name in order if name in rows]}


def line(told: Mapping[str, Any]) -> str:
    """One scenario, while the others run."""
    if "sent" not in told:
        return f"{told['name']}: {told.get('skipped') or 'FAILED: ' + told['wrong'][0]}"
    counts = ", ".join(
        f"{name} {told[name]}" for name in ("sent", "scored", "absent", "refused", "lost", "invented", "late_s")
    )
    wrong = "".join(f"\n  {one}" for one in told["wrong"])
    return f"{told['name']}: {counts}; attempts {told['attempts']}; {told['notes']}; {told['seconds']} s{wrong}"


HEADINGS = ("fault", "sent", "scored", "absent", "refused", "lost", "invented", "late, s", "recovery, s")


def cells(told: Mapping[str, Any]) -> list[str]:
    """A row of the table."""
    if "sent" not in told:
        why = "skipped: " + told["skipped"] if "skipped" in told else "failed"
        return [f"{told['fault']} ({why})", *[""] * (len(HEADINGS) - 1)]
    # what nobody can score is part of every burst, and says nothing of the fault
    absent = Counter(told["absent"]) - Counter(invalid_input=told["senseless"])
    recovery = "" if told["recovery_s"] is None else f"{told['recovery_s']:.1f}"
    return [
        told["fault"],
        *(f"{told[name]:,}".replace(",", " ") for name in ("sent", "scored")),
        _by(absent),
        _by(told["refused"]),
        *(str(told[name]) for name in ("lost", "invented")),
        # a run from before this was counted has none
        f"{told['late_s']:.1f}" if "late_s" in told else "",
        recovery,
    ]


def show(told: Mapping[str, Any]) -> None:
    """The table."""
    table = Table(title="rollouts under faults")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "fault" else "right")
    for one in told["scenarios"]:
        table.add_row(*cells(one), style=None if one["passed"] else "red")
    # a log has lines as long as they come
    Console(width=max(Console().width, 150)).print(table)
    for one in told["scenarios"]:
        for why in one["wrong"]:
            print(f"{one['name']}: {why}")


def into_docs(told: Mapping[str, Any], page: Path = PAGE) -> None:
    """Writes the figures between the page's marks.

    Raises:
        ValueError: the page has no marks.
    """
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page.name} has no marks for the figures")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{figures(told)}\n{END}{after}")


def figures(told: Mapping[str, Any]) -> str:
    """The table in Markdown, and where it was measured."""
    machine = told["machine"]
    lines = [
        f"Measured {told['when']} on {machine['cores']} cores and {machine['memory_gib']} GiB without a GPU, senders "
        f"included; load average {machine['load_average']:g}, of the run and of whatever else shared the cores.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|---" + "|--:" * (len(HEADINGS) - 1) + "|",
        *("| " + " | ".join(cells(one)) + " |" for one in told["scenarios"]),
        "",
        *(_notes(one) for one in told["scenarios"] if one.get("notes")),
    ]
    return "\n".join(lines)


def _notes(told: Mapping[str, Any]) -> str:
    return f"- {told['name']}: " + ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in told["notes"].items()
    )


def _by(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()) if number) or "0"
