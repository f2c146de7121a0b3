"""The trajectory scorer of a served cluster, with two replicas over a tiny checkpoint, as a user asks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.scorer.checkpoint import open_checkpoint
from tests.running import Cluster, served
from tests.serve.trajectories import offline, rollout
from tests.tiny_scorer import build

WAITING = 512


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("scorer") / "tiny")


@pytest.fixture(scope="module")
def cluster(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    environment = {
        "MEDREWARD_SCORER__CHECKPOINT": str(checkpoint),
        "MEDREWARD_SCORER__REPLICAS": "2",
        "MEDREWARD_SCORER__CPUS": "0.5",
        "MEDREWARD_SCORER__MAX_WAITING": str(WAITING),
    }
    with served(tmp_path_factory.mktemp("cluster") / "serve.log", **environment) as running:
        yield running
    assert running.process.returncode == 0, running.log.read_text()[-4000:]


def score(cluster: Cluster, rollouts: list[t.Rollout], deadline_ms: int = 60_000, **more: Any) -> dict[str, Any]:
    request = t.ScoreRequest(components={"consistency": 1.0}, rollouts=rollouts, deadline_ms=deadline_ms, **more)
    answer = httpx.post(f"{cluster.url}/v1/score", content=codec.encode(request), timeout=120)
    assert answer.status_code == 200, answer.text
    assert "NaN" not in answer.text
    body: dict[str, Any] = answer.json()
    assert [result["id"] for result in body["results"]] == [given.id for given in rollouts]
    return body


def components(reply: dict[str, Any]) -> list[dict[str, Any]]:
    return [result["components"]["consistency"] for result in reply["results"]]


def check_typed(told: list[dict[str, Any]]) -> None:
    """Every entry has a value if and only if it is ok."""
    assert all(("value" in one) == (one["status"] == "ok") for one in told)


def test_served_values_are_the_offline_ones_whatever_the_batch(cluster: Cluster, checkpoint: Path) -> None:
    rollouts = [rollout(number) for number in range(300)]  # more than go to one replica
    expected = offline(checkpoint, rollouts)
    together = components(score(cluster, rollouts))
    assert [one["value"] for one in together] == pytest.approx(expected, abs=1e-4)
    for number in (0, 17, 299):
        (alone,) = components(score(cluster, [rollouts[number]]))
        assert alone["value"] == pytest.approx(expected[number], abs=1e-4)


def test_the_reply_says_which_checkpoint_scored(cluster: Cluster, checkpoint: Path) -> None:
    reply = score(cluster, [rollout(1)], explain=True)
    assert reply["fingerprint"]["scorer"] == {
        "name": "tiny-0",
        "checkpoint": open_checkpoint(checkpoint).sha256[:16],
        "encoding": "2",
        "precision": "float32",
        "device": "cpu",
    }
    (told,) = components(reply)
    assert told["detail"] == "trajectory score of tiny-0"
    assert set(told["explanation"]) == {"logit", "tokens"}
    assert reply["timing_ms"]["scorer"] > 0
    info = httpx.get(f"{cluster.url}/v1/info").json()["services"]["scorer"]
    assert info == {"status": "configured", **reply["fingerprint"]["scorer"]}


def test_what_was_cut_is_in_the_detail(cluster: Cluster) -> None:
    (told,) = components(score(cluster, [rollout(1, words=600)]))
    assert told["status"] == "ok"
    assert re.search(r"; cut: \d+ of (more than )?\d+ tokens read, cut in .*visual", told["detail"])


def test_an_empty_trajectory_is_0_with_the_reason(cluster: Cluster) -> None:
    empty = "<LOC>[1, 2, 3, 4]</LOC><VISUAL>...</VISUAL><KNOWLEDGE>-</KNOWLEDGE><CON>-</CON><ANSWER>yes</ANSWER>"
    given = msgspec.structs.replace(rollout(1), response=empty)
    _, told = components(score(cluster, [rollout(2), given]))
    assert (told["status"], told["value"]) == ("ok", 0.0)
    assert "no words" in told["detail"]


def test_a_deadline_that_cannot_be_held_is_a_timeout_and_no_value(cluster: Cluster) -> None:
    told = components(score(cluster, [rollout(number) for number in range(400)], deadline_ms=2))
    check_typed(told)
    assert {one["status"] for one in told} <= {"ok", "timeout"}
    assert "timeout" in {one["status"] for one in told}


def test_beyond_its_room_trajectories_are_overloaded_and_the_rest_are_scored(
    cluster: Cluster, checkpoint: Path
) -> None:
    rollouts = [rollout(number) for number in range(4096)]
    told = components(score(cluster, rollouts))
    check_typed(told)
    statuses = {one["status"] for one in told}
    assert statuses == {"ok", "overloaded"}
    first = [(number, one["value"]) for number, one in enumerate(told) if one["status"] == "ok"][:200]
    expected = offline(checkpoint, [rollouts[number] for number, _ in first])
    assert [value for _, value in first] == pytest.approx(expected, abs=1e-4)


def test_metrics_name_the_checkpoint_that_scored(cluster: Cluster, checkpoint: Path) -> None:
    score(cluster, [rollout(1)])
    text = httpx.get(f"{cluster.url}/metrics").text
    short = open_checkpoint(checkpoint).sha256[:16]
    assert re.search(rf'^medreward_scorer_batches_total\{{checkpoint="{short}"\}} [1-9]', text, re.MULTILINE)


def test_a_replica_that_is_killed_in_a_burst_loses_no_rollout(cluster: Cluster, checkpoint: Path) -> None:
    """Its batches are asked again of another; whatever could not be scored says so."""
    batches = [[rollout(64 * batch + number) for number in range(64)] for batch in range(24)]
    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(score, cluster, batch) for batch in batches]
        running[2].result()
        replicas(cluster)[0].kill()
        replies = [future.result() for future in running]
    expected = iter(offline(checkpoint, [given for batch in batches for given in batch]))
    statuses = []
    for reply in replies:
        told = components(reply)
        check_typed(told)
        for one in told:
            right = next(expected)
            statuses.append(one["status"])
            if one["status"] == "ok":
                assert one["value"] == pytest.approx(right, abs=1e-4)
    assert statuses.count("ok") >= 0.9 * len(statuses), statuses


def replicas(cluster: Cluster) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(cluster.process.pid).children(recursive=True):
        if "ServeReplica:medreward:Scorer" in " ".join(process.cmdline()):
            found.append(process)
    return found
