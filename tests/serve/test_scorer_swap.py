"""A checkpoint changed by config under load: nothing is lost, and every reply is by the checkpoint that it names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medreward.scorer.checkpoint import open_checkpoint
from tests.serve.swapping import BATCH
from tests.serve.trajectories import offline, rollout
from tests.tiny_scorer import build


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checkpoints")
    build(made / "one", seed=1)
    build(made / "two", seed=2)
    return made


@pytest.fixture(scope="module")
def told(directory: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDREWARD_SCORER")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.serve.swapping", str(directory)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-4000:]
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_no_request_is_lost(told: dict[str, Any]) -> None:
    assert {reply["http"] for reply in told["replies"]} == {200}
    assert {one["status"] for reply in told["replies"] for one in reply["components"]} == {"ok"}


def test_each_batch_is_scored_by_the_checkpoint_that_its_reply_names(told: dict[str, Any], directory: Path) -> None:
    numbers = range(4 * BATCH)
    expected = {
        open_checkpoint(directory / name).sha256[:16]: offline(directory / name, map(rollout, numbers))
        for name in ("one", "two")
    }
    assert {reply["scorer"]["checkpoint"] for reply in told["replies"]} == set(expected)
    for reply in told["replies"]:
        first, right = reply["first"], expected[reply["scorer"]["checkpoint"]]
        values = [one["value"] for one in reply["components"]]
        assert values == pytest.approx(right[first : first + BATCH], abs=1e-4)


def test_the_same_processes_serve_before_and_after(told: dict[str, Any]) -> None:
    assert len(told["before"]) == 2
    assert told["before"] == told["after"]


def test_a_checkpoint_that_is_not_there_leaves_the_one_before_and_is_told(told: dict[str, Any]) -> None:
    assert told["service"]["name"] == "tiny-2"
    assert told["service"]["status"] == "configured"
    assert "three: no checkpoint" in told["service"]["problem"]
    assert told["replies"][-1]["scorer"]["name"] == "tiny-2"
