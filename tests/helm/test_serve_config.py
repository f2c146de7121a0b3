"""The Serve config of the rendered chart, on a real Ray Serve with what a pod of the laptop profile offers."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import yaml

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import load_examples
from tests.helm.chart import CHART, notes, render
from tests.helm.documents import the
from tests.helm.profiles import CPU
from tests.helm.schemas.quantity import amount
from tests.helm.serving import deployed
from tests.running import Cluster

KEY = "k" * 40
HEADERS = {"authorization": f"Bearer {KEY}"}
FIELDS = {"question": "q", "reference": "Pleural effusion", "candidate": "Pleural effusion"}
LIMIT_S = 60


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the Secret is mounted: a file for each client."""
    directory = tmp_path_factory.mktemp("keys")
    (directory / "trainer").write_text(KEY)
    return directory


@pytest.fixture(scope="module")
def cluster(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The laptop profile: one ingress pod with all replicas."""
    spec = the(render(CPU), "RayService")["spec"]
    (group,) = spec["rayClusterConfig"]["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    cores = math.ceil(amount(container["resources"]["limits"]["cpu"]))
    offered = {"CPU": float(cores), **{name: float(count) for name, count in group["resources"].items()}}
    config = yaml.safe_load(spec["serveConfigV2"])
    with deployed(config, offered, keys, tmp_path_factory.mktemp("serve")) as running:
        yield running


def get(cluster: Cluster, path: str, **more: Any) -> httpx.Response:
    return httpx.get(f"{cluster.url}{path}", timeout=LIMIT_S, **more)


def post(cluster: Cluster, path: str, body: bytes, **more: Any) -> httpx.Response:
    return httpx.post(f"{cluster.url}{path}", content=body, timeout=LIMIT_S, **more)


@pytest.fixture
def stub(cluster: Cluster) -> Iterator[pb_grpc.RewardServiceStub]:
    with grpc.insecure_channel(cluster.grpc) as channel:
        yield pb_grpc.RewardServiceStub(channel)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/-/healthz"])
def test_probes_and_metrics_need_no_key(cluster: Cluster, path: str) -> None:
    assert get(cluster, path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/info", "/v1/recipes", "/v1/rewards", "/v1/rubrics", "/openapi.json"])
def test_what_is_asked_needs_the_key(cluster: Cluster, path: str) -> None:
    assert get(cluster, path).status_code == 401
    assert get(cluster, path, headers=HEADERS).status_code == 200


@pytest.mark.parametrize("recipe", ["gemex", "medsage"])
def test_every_example_gets_every_component(cluster: Cluster, recipe: str) -> None:
    request = t.ScoreRequest(recipe=recipe, rollouts=load_examples(recipe), deadline_ms=LIMIT_S * 1000)
    body = codec.encode(request)
    assert post(cluster, "/v1/score", body).status_code == 401
    answer = post(cluster, "/v1/score", body, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert len(results) == len(request.rollouts)
    statuses = {part["status"] for result in results for part in result["components"].values()}
    # an example shows what a rollout looks like that makes no sense
    assert statuses <= {"ok", "invalid_input"}
    assert "ok" in statuses


def test_one_reward_alone(cluster: Cluster) -> None:
    (rollout,) = json.loads(codec.encode(t.ScoreRequest(rollouts=load_examples("gemex")[:1])))["rollouts"]
    answer = post(cluster, "/v1/rewards/format", json.dumps(rollout).encode(), headers=HEADERS)
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    assert list(result["components"]) == ["format"]


def test_the_request_that_the_notes_show_is_scored(cluster: Cluster) -> None:
    body = (CHART / "files" / "request.json").read_bytes()
    assert body.decode().strip().splitlines()[0] in notes(CPU)
    answer = post(cluster, "/v1/score", body, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert all("reward" in result for result in answer.json()["results"])


def ask_as_the_test_pod(cluster: Cluster, keys: Path) -> subprocess.CompletedProcess[str]:
    """What the pod of ``helm test`` runs; in an image, `medreward` is on the PATH."""
    (container,) = the(render(CPU), "Pod")["spec"]["containers"]
    assert container["command"] == ["python", "-c"]
    script, _, seconds, _, judge = container["args"]
    command = [sys.executable, "-c", script, cluster.url, seconds, str(keys), judge]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)


def test_what_the_pod_of_helm_test_runs_passes_here(cluster: Cluster, keys: Path) -> None:
    ended = ask_as_the_test_pod(cluster, keys)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_it_fails_with_a_wrong_key(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "trainer").write_text("w" * 40)
    ended = ask_as_the_test_pod(cluster, tmp_path)
    assert ended.returncode != 0
    assert "401" in ended.stdout + ended.stderr


def test_a_judgement(cluster: Cluster) -> None:
    body = b'{"items": [{"id": "1", "fields": {"question": "q", "reference": "effusion", "candidate": "effusion"}}]}'
    answer = post(cluster, "/v1/judge/semantics", body, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    (verdict,) = answer.json()["verdicts"]
    assert verdict["status"] == "ok"


def test_the_same_over_grpc(stub: pb_grpc.RewardServiceStub) -> None:
    request = codec.request_to_proto(t.ScoreRequest(recipe="gemex", rollouts=load_examples("gemex")))
    judgement = pb.JudgeRequest(rubric="semantics", items=[pb.JudgeItem(id="1", fields=FIELDS)])
    count = len(request.rollouts)
    metadata = tuple(HEADERS.items())
    assert len(stub.Score(request, timeout=LIMIT_S, metadata=metadata).results) == count
    # the last message has what is of the whole reply
    assert len(list(stub.ScoreStream(request, timeout=LIMIT_S, metadata=metadata))) == count + 1
    assert len(stub.Judge(judgement, timeout=LIMIT_S, metadata=metadata).verdicts) == 1


def test_grpc_without_the_key_is_refused(stub: pb_grpc.RewardServiceStub) -> None:
    request = codec.request_to_proto(t.ScoreRequest(recipe="gemex", rollouts=load_examples("gemex")[:1]))
    calls = [lambda: stub.Score(request, timeout=LIMIT_S), lambda: list(stub.ScoreStream(request, timeout=LIMIT_S))]
    for call in calls:
        with pytest.raises(grpc.RpcError) as refused:
            call()
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
