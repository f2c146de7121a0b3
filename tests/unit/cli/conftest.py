"""Rollouts of known reward, and the command line as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from medreward.cli import app, client

Medreward = Callable[..., Result]
Rollouts = list[dict[str, Any]]


@pytest.fixture
def medreward() -> Medreward:
    """Runs a command line; what it printed is in ``stdout`` and ``stderr``."""

    def run(*arguments: object, stdin: bytes | None = None) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        # a defect would otherwise look like exit code 1
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries that take no time."""
    quick = client.Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, jitter_s=0.01)
    monkeypatch.setattr(client, "BATCH", quick)
    monkeypatch.setattr(client, "FIRST_CONTACT", quick)


def closed(identity: str, right: bool = True) -> dict[str, Any]:
    """A rollout of reward 2, or 1 when its answer is wrong, by recipe gemex."""
    return {
        "id": identity,
        "question": "Is there fluid?",
        "question_type": "closed_ended",
        "response": f"<response><answer>{'Yes' if right else 'No'}</answer></response>",
        "reference": {"answer": "Yes"},
    }


def judged(identity: str) -> dict[str, Any]:
    """A rollout that needs a judge."""
    return closed(identity) | {"question_type": "open_ended", "reference": {"answer": "There is much fluid."}}


def many(count: int) -> Rollouts:
    """Rollouts ``r0``, ``r1``, ...; every third is wrong."""
    return [closed(f"r{number}", right=number % 3 != 0) for number in range(count)]


def write(path: Path, rollouts: Rollouts) -> Path:
    """The rollouts as a file of lines."""
    path.write_text("".join(json.dumps(rollout) + "\n" for rollout in rollouts))
    return path


def ids(path: Path) -> list[str]:
    """Of the results in a file."""
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


@pytest.fixture
def no_judge(tmp_path: Path) -> tuple[str, Path]:
    """Options for scoring in this process without a judge."""
    path = tmp_path / "no_judge.yaml"
    path.write_text("judge: {engine: none}\n")
    return "--config", path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An input of seven rollouts."""
    return write(tmp_path / "in.jsonl", many(7))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where results go."""
    return tmp_path / "out.jsonl"


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """The sidecar of ``out``."""
    return tmp_path / "out.jsonl.run.json"
