"""What becomes of a scenario whose cluster cannot be had, or does not stop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import report, run
from tests.faults.places import PLACES
from tests.faults.stage import Scenario, Unfit

REASON = "no such thing on this machine"


async def never(stage: Any) -> Any:
    raise AssertionError("it was run")


SEVERAL = [Scenario(name, "elsewhere", f"{name} breaks", never) for name in ("one", "other")]


def rows() -> list[dict[str, Any]]:
    return list(run.run(SEVERAL, short=True))


def test_a_machine_that_lacks_what_a_cluster_needs_skips_its_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def beside(directory: Path) -> Iterator[dict[str, Any]]:
        raise Unfit(REASON)
        yield {}

    monkeypatch.setitem(PLACES, "elsewhere", PLACES["plain"]._replace(beside=beside))
    assert [(row["name"], row["passed"], row.get("skipped")) for row in rows()] == [
        ("one", True, REASON),
        ("other", True, REASON),
    ]


def test_a_cluster_that_does_not_start_fails_all_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def beside(directory: Path) -> Iterator[dict[str, Any]]:
        raise RuntimeError("it did not start")
        yield {}

    monkeypatch.setitem(PLACES, "elsewhere", PLACES["plain"]._replace(beside=beside))
    assert [(row["name"], row["passed"]) for row in rows()] == [("one", False), ("other", False)]


def test_a_cluster_that_does_not_stop_fails_the_last_scenario_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def opened(*given: Any) -> Iterator[Any]:
        yield None
        raise RuntimeError("it did not stop")

    monkeypatch.setattr(run, "_open", opened)
    monkeypatch.setattr(run, "_one", lambda scenario, stage: {"name": scenario.name, "passed": True})
    *before, last = rows()
    assert [(row["name"], row["passed"]) for row in before] == [("one", True), ("other", True)]
    assert (last["name"], last["passed"]) == ("other", False)
    assert "it did not stop" in report.line(last)
