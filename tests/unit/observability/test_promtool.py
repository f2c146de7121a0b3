"""The page as Prometheus' own tool sees it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from medreward.observability import catalogue
from medreward.observability.catalogue import FAMILIES
from medreward.observability.page import merged

PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not on the PATH: .ci/needs installs it")


def check(page: str) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    command = [PROMTOOL, "check", "metrics"]
    return subprocess.run(command, input=page, capture_output=True, text=True, check=False, timeout=60)


def everything() -> str:
    registry = CollectorRegistry()
    for name, family in FAMILIES.items():
        made = getattr(catalogue, family.kind)(name, registry)
        child = made.labels(*(f'odd "{label}"\n\\' for label in family.labels)) if family.labels else made
        getattr(child, {"histogram": "observe", "counter": "inc", "gauge": "set"}[family.kind])(0.5)
    return generate_latest(registry).decode()


def test_promtool_has_nothing_to_say_of_any_metric() -> None:
    told = check(everything())
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_promtool_refuses_two_pages_one_after_the_other_and_takes_them_merged() -> None:
    page = everything()
    other = page.replace('odd "', 'even "')
    labelled = "\n".join(line for line in other.splitlines() if line.startswith("#") or "even" in line) + "\n"
    assert check(page + labelled).returncode != 0
    told = check(merged([page, labelled]))
    assert (told.returncode, told.stdout + told.stderr) == (0, "")
