"""Clusters set up otherwise: Ray's own proxy, little room, and the end of one in the middle of its work."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import yaml

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward.examples import load_examples
from medreward.serve.environment import choose_proxy, free_port, variables, write_launcher
from tests.running import Cluster, served

BATCH = t.ScoreRequest(recipe="gemex", deadline_ms=60_000, rollouts=load_examples("gemex")[:1] * 2048)


def post(cluster: Cluster, body: bytes) -> httpx.Response:
    return httpx.post(f"{cluster.url}/v1/score", content=body, timeout=60)


def test_where_haproxy_cannot_run_the_cluster_serves_all_the_same_and_says_so(tmp_path: Path) -> None:
    missing = str(tmp_path / "no-such-binary")
    with served(tmp_path / "serve.log", RAY_SERVE_HAPROXY_BINARY_PATH=missing) as cluster:
        answer = post(cluster, codec.encode(BATCH))
        assert answer.status_code == 200
        assert len(answer.json()["results"]) == 2048
        refused = post(cluster, b"{")
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "malformed")
        with grpc.insecure_channel(cluster.grpc) as channel:
            stub = pb_grpc.RewardServiceStub(channel)
            small = codec.request_to_proto(t.ScoreRequest(recipe="gemex", rollouts=load_examples("gemex")))
            assert len(stub.Score(small, timeout=30).results) == 11
            assert len(list(stub.ScoreStream(small, timeout=30))) == 12
            small.recipe = "nope"
            with pytest.raises(grpc.RpcError) as caught:
                stub.Score(small, timeout=30)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    said = " ".join(cluster.log.read_text().split())
    assert "no-such-binary" in said
    assert "slower" in said
    assert cluster.process.returncode == 0


def test_beyond_its_room_it_answers_429_with_a_hint_and_loses_nothing_it_took(tmp_path: Path) -> None:
    room = {"MEDREWARD_INGRESS__MAX_ONGOING_REQUESTS": "1", "MEDREWARD_INGRESS__MAX_QUEUED_REQUESTS": "2"}
    body = codec.encode(BATCH)
    with served(tmp_path / "serve.log", **room) as cluster, ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: post(cluster, body), range(48)))
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) == {200, 429}, statuses
        assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 429)
        for answer in answers:
            if answer.status_code == 200:
                assert [r["reward"] for r in answer.json()["results"]] == [2.0] * 2048
        assert post(cluster, body).status_code == 200


def test_serve_run_deploys_the_config_of_the_docs(tmp_path: Path) -> None:
    """As a cluster does it: ``serve run CONFIG``, with the settings as the application's args."""
    text = (Path(__file__).parents[2] / "docs" / "serving.md").read_text()
    config = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    http_port = free_port()
    config["http_options"] = {"host": "127.0.0.1", "port": http_port}
    config["grpc_options"]["port"] = free_port()
    settings = {
        "ingress": {"replicas": 2, "cpus": 0.5},
        "limits": {"rollouts": 7},
        "auth": {"allow_anonymous": True},
    }
    config["applications"][0]["args"] = {**settings, "metrics_dir": str(tmp_path / "metrics")}
    (tmp_path / "serve.yaml").write_text(yaml.safe_dump(config))
    # HAProxy's sockets must have short paths
    sockets = tempfile.TemporaryDirectory(prefix="mr-", dir="/tmp")
    proxied = variables(choose_proxy("auto"), Path(sockets.name))
    if launcher := proxied.get("RAY_SERVE_HAPROXY_BINARY_PATH"):
        write_launcher(Path(launcher))
    environment = {**os.environ, **proxied}
    command = [str(Path(sys.executable).parent / "serve"), "run", str(tmp_path / "serve.yaml")]
    with sockets, (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            answer = _info(f"http://127.0.0.1:{http_port}", process, tmp_path / "log")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)
    assert answer["limits"]["rollouts"] == 7


def _info(url: str, process: subprocess.Popen[bytes], log: Path) -> Any:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return httpx.get(f"{url}/v1/info", timeout=5).json()
        time.sleep(0.5)
    raise AssertionError(log.read_text()[-4000:])


def test_told_to_stop_it_finishes_what_it_has_begun(tmp_path: Path) -> None:
    body = codec.encode(BATCH)
    with served(tmp_path / "serve.log") as cluster, ThreadPoolExecutor(8) as pool:
        running = [pool.submit(post, cluster, body) for _ in range(8)]
        wait(running, timeout=60, return_when=FIRST_COMPLETED)
        cluster.process.send_signal(signal.SIGTERM)
        answers = [future.result() for future in running]
        cluster.process.wait(60)
    assert Counter(answer.status_code for answer in answers) == {200: 8}
    assert cluster.process.returncode == 0
