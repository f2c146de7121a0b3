"""Every alert fires when it should, and not before."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.observe.expressions import JOB, alert_groups

CASES = Path(__file__).with_name("alerts.yaml")
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed; it comes with prometheus")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The rules and what is tried on them, as promtool takes them."""
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": alert_groups()}))
    (tmp_path / "cases.yaml").write_text(CASES.read_text(encoding="utf-8").replace("JOB", JOB))
    return tmp_path


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    return subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def tried() -> list[dict[str, Any]]:
    tests = yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"]
    return [case for test in tests for case in test["alert_rule_test"]]


def names() -> list[str]:
    return [rule["alert"] for group in alert_groups() for rule in group["rules"]]


@needs_promtool
def test_promtool_takes_the_rules(folder: Path) -> None:
    done = promtool(folder, "check", "rules", "rules.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_every_alert_fires_when_it_should_and_not_before(folder: Path) -> None:
    done = promtool(folder, "test", "rules", "cases.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_an_alert_that_never_fires_would_be_found(folder: Path) -> None:
    rules = (folder / "rules.yaml").read_text()
    (folder / "rules.yaml").write_text(rules.replace("> 90", "> 900"))
    done = promtool(folder, "test", "rules", "cases.yaml")
    assert done.returncode != 0
    assert "MedrewardDiskFills" in done.stdout + done.stderr


@pytest.mark.parametrize("name", names())
def test_an_alert_is_tried_both_ways(name: str) -> None:
    expected = [bool(case["exp_alerts"]) for case in tried() if case["alertname"] == name]
    assert True in expected, "nothing shows that it fires"
    assert False in expected, "nothing shows that it can stay quiet"


def test_nothing_is_tried_that_is_no_alert() -> None:
    assert {case["alertname"] for case in tried()} <= set(names())


def test_alerts_have_names_of_their_own_and_say_what_is_wrong() -> None:
    assert len(set(names())) == len(names())
    for group in alert_groups():
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("warning", "critical")
            assert set(rule["annotations"]) == {"summary", "description"}
