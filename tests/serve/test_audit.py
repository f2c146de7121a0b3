"""The audit log of a real cluster: what was scored is in it after a clean stop, and what was written after a kill."""

from __future__ import annotations

import re
import threading
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.observability.audit.reading import AuditFiles
from medreward.observability.audit.rows import ReplyRow, RolloutRow
from tests.running import Cluster, served
from tests.unit.audit.made import until

ROLLOUTS, BATCH = 2048, 64


def rollout(number: int) -> t.Rollout:
    """Every eighth is for the judge; four of those ask the same."""
    if number % 8:
        answer, kind, right = "Yes", "closed_ended", "Yes"
    else:
        answer, kind, right = f"Fluid in zone {number // 32}.", "open_ended", "Right pleural effusion"
    return t.Rollout(
        id=f"r{number}",
        group_id=f"g{number // 8}",
        question="Is there fluid?",
        question_type=kind,
        response=f"<think>-</think><response><answer>{answer}</answer></response>",
        reference=t.Reference(right),
    )


def score(cluster: Cluster, first: int, count: int = BATCH) -> dict[str, float | None]:
    """The rewards of a batch, by id."""
    rollouts = [rollout(number) for number in range(first, first + count)]
    body = codec.encode(t.ScoreRequest(recipe="gemex", deadline_ms=60_000, rollouts=rollouts))
    answer = httpx.post(f"{cluster.url}/v1/score", content=body, timeout=90)
    assert answer.status_code == 200, answer.text
    return {result["id"]: result.get("reward") for result in answer.json()["results"]}


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_clean_stop_loses_no_record(tmp_path: Path, kind: str) -> None:
    rewards: dict[str, float | None] = {}
    environment = {
        "MEDREWARD_INGRESS__REPLICAS": "2",
        "MEDREWARD_INGRESS__CPUS": "0.5",
        "MEDREWARD_AUDIT__DIR": str(tmp_path / "audit"),
        "MEDREWARD_AUDIT__FORMAT": kind,
        "MEDREWARD_AUDIT__TEXTS": "true",
    }
    with served(tmp_path / "serve.log", **environment) as cluster:

        def work(worker: int) -> None:
            for first in range(worker * BATCH, ROLLOUTS, 4 * BATCH):
                rewards.update(score(cluster, first))

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # stopped at once: what waits has to be written on the way out
    assert len(rewards) == ROLLOUTS
    rows = list(AuditFiles(tmp_path / "audit", RolloutRow).rows())
    assert len(rows) == ROLLOUTS
    assert {row.id: row.reward for row in rows} == rewards
    replies = list(AuditFiles(tmp_path / "audit", ReplyRow).rows())
    keys = {one.key for row in rows for part in row.components for one in part.judgements if one.key}
    assert keys == {reply.key for reply in replies}
    assert Counter(reply.key for reply in replies).most_common(1)[0][1] == 1
    assert not list((tmp_path / "audit").glob("*.open"))
    assert list((tmp_path / "audit").glob(f"rollouts-*.{kind}"))


def test_a_kill_loses_no_more_than_waited(tmp_path: Path) -> None:
    environment = {"MEDREWARD_AUDIT__DIR": str(tmp_path / "audit"), "MEDREWARD_JUDGE__ENGINE": "none"}
    with served(tmp_path / "serve.log", **environment) as cluster:
        rewards = score(cluster, 0)
        reading = AuditFiles(tmp_path / "audit", RolloutRow)
        # answered and written are not the same moment
        until(lambda: sum(1 for _ in reading.rows()) >= len(rewards))
        until(lambda: counted(cluster, "written") >= len(rewards))
        assert counted(cluster, "dropped") == 0
        (ingress,) = (
            process
            for process in psutil.Process(cluster.process.pid).children(recursive=True)
            if "ServeReplica:medreward:Ingress" in " ".join(process.cmdline())
        )
        ingress.kill()
        ingress.wait(60)
        assert len(list(reading.rows())) == len(rewards)
        wait_until_served(cluster)
        more = score(cluster, BATCH)
    rows = list(reading.rows())
    assert {row.id for row in rows} == {*rewards, *more}
    # the replica that came in the place of the dead one finished its file
    assert not list((tmp_path / "audit").glob("*.open"))


def counted(cluster: Cluster, outcome: str) -> float:
    """Records, as the service tells Prometheus."""
    text = httpx.get(f"{cluster.url}/metrics", timeout=30).text
    found = re.search(rf'^medreward_audit_records_total{{outcome="{outcome}"}} (\S+)', text, re.MULTILINE)
    assert found, text
    return float(found[1])


def wait_until_served(cluster: Cluster) -> None:
    """Returns once another replica answers."""

    def answers() -> bool:
        try:
            return httpx.get(f"{cluster.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    until(answers)
