"""What a run is written down as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults import report
from tests.faults.ends import Count
from tests.faults.load import Load
from tests.faults.scenarios import ALL, SHORT
from tests.faults.stage import Seen

ONE, OTHER = ALL[:2]


def seen(**changed: Any) -> Seen:
    return Seen(Load("http://nowhere", {}, least=0), 1.25, **changed)


def told(*rows: dict[str, Any]) -> dict[str, Any]:
    return report.whole(rows, short=True)


def test_a_row_with_something_lost_or_invented_has_not_passed() -> None:
    assert report.row(ONE, seen(), Count(sent=3, scored=3), 1.0)["passed"]
    assert not report.row(ONE, seen(), Count(sent=3, lost=1), 1.0)["passed"]
    assert not report.row(ONE, seen(), Count(sent=3, scored=3, invented=1), 1.0)["passed"]


def test_what_should_have_come_about_and_a_defect_of_the_service_fail_it_too() -> None:
    assert not report.row(ONE, seen(unmet=["no effect"]), Count(), 1.0)["passed"]
    broken = seen()
    broken.load.attempts["internal"] += 1
    assert not report.row(ONE, broken, Count(), 1.0)["passed"]
    silent = seen()
    silent.load.silent_refusals += 1
    assert not report.row(ONE, silent, Count(), 1.0)["passed"]


def test_an_answer_long_after_its_deadline_fails_it() -> None:
    assert report.row(ONE, seen(), Count(late_s=report.LATE_S), 1.0)["passed"]
    assert not report.row(ONE, seen(), Count(late_s=report.LATE_S + 0.1), 1.0)["passed"]


def test_one_that_failed_has_no_counts_and_shows_why() -> None:
    row = report.failed(ONE, RuntimeError("it did not start"))
    assert "sent" not in row
    assert "it did not start" in report.line(row)
    assert "failed" in report.cells(row)[0]


def test_a_run_of_one_scenario_keeps_what_is_known_of_the_others() -> None:
    before = told(report.row(ONE, seen(), Count(sent=1), 1.0), report.row(OTHER, seen(), Count(sent=2), 1.0))
    now = told(report.row(OTHER, seen(), Count(sent=7), 1.0))
    rows = report.merged(before, now, [one.name for one in ALL])["scenarios"]
    assert [(row["name"], row["sent"]) for row in rows] == [(ONE.name, 1), (OTHER.name, 7)]


def test_the_figures_stand_between_the_marks_and_replace_those_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.into_docs(told(report.row(ONE, seen(), Count(sent=1024, scored=992, late_s=0.3), 1.0)), page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert f"| {ONE.fault} | 1 024 | 992 | 0 | 0 | 0 | 0 | 0.3 | 1.2 |" in text


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="marks"):
        report.into_docs(told(), page)


def test_the_page_of_promises_has_the_marks() -> None:
    text = report.PAGE.read_text()
    assert text.index(report.BEGIN) < text.index(report.END)


def test_the_names_are_different_and_the_short_form_shares_one_cluster() -> None:
    names = [one.name for one in ALL]
    assert len(set(names)) == len(names)
    assert set(SHORT) <= set(names)
    assert len({one.place for one in ALL if one.name in SHORT}) == 1
