"""One page of metrics for a node with several replicas, whatever becomes of them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx
import psutil
import pytest

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2_grpc
from medreward.examples import load_examples
from medreward.observability.node import NodePage
from tests.running import Cluster, served
from tests.unit.observability.scraped import samples, total, value

_WAIT_S = 120.0
REQUESTS = 24
PROMTOOL = shutil.which("promtool")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two ingress replicas that nobody else asks, with judge and scorer."""
    log = tmp_path_factory.mktemp("metrics") / "serve.log"
    environment = {
        "MEDREWARD_INGRESS__REPLICAS": "2",
        "MEDREWARD_INGRESS__CPUS": "0.5",
        "MEDREWARD_SCORER__CHECKPOINT": "shipped",
        "MEDREWARD_JUDGE__CANARY_EVERY_S": "3600",
    }
    with served(log, **environment) as running:
        yield running


def scraped(cluster: Cluster) -> str:
    answer = httpx.get(f"{cluster.url}/metrics", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def batch() -> t.ScoreRequest:
    return t.ScoreRequest(recipe="medsage", rollouts=load_examples("medsage"), deadline_ms=60_000)


def ask(cluster: Cluster) -> None:
    """Until one batch is answered; while a replica is being replaced, some are not."""
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        try:
            answer = httpx.post(f"{cluster.url}/v1/score", content=codec.encode(batch()), timeout=60)
        except httpx.TransportError:
            continue
        if answer.status_code == 200:
            return
        assert answer.status_code in (500, 502, 503), answer.text
        time.sleep(0.2)
    raise AssertionError(f"no answer within {_WAIT_S} s")


def burst(cluster: Cluster, requests: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(ask, cluster) for _ in range(requests)]:
            done.result()


def ingress_processes(cluster: Cluster) -> set[int]:
    """Process ids of the ingress replicas."""
    found = set()
    for process in psutil.Process(cluster.process.pid).children(recursive=True):
        try:
            if ":Ingress" in " ".join(process.cmdline()):
                found.add(process.pid)
        except psutil.Error:
            continue
    return found


def wait_for(what: str, done: Callable[[], bool]) -> None:
    until = time.monotonic() + _WAIT_S
    while not done():
        assert time.monotonic() < until, f"{what}: not within {_WAIT_S} s"
        time.sleep(0.2)


def check_counts(page: str, requests: int) -> None:
    """Every count of ``requests`` batches over HTTP, exactly."""
    rollouts = len(batch().rollouts) * requests
    assert value(page, "medreward_requests_total", protocol="http", code="ok", recipe="medsage") == requests
    assert value(page, "medreward_batch_rollouts_count", protocol="http") == requests
    assert value(page, "medreward_batch_rollouts_sum", protocol="http") == rollouts
    assert value(page, "medreward_request_seconds_count", protocol="http", method="score") == requests
    assert value(page, "medreward_request_seconds_bucket", protocol="http", method="score", le="+Inf") == requests
    assert total(page, "medreward_rollouts_total", recipe="medsage") == rollouts
    scored = value(page, "medreward_rollouts_total", recipe="medsage", outcome="scored")
    assert value(page, "medreward_reward_count", recipe="medsage") == scored
    assert value(page, "medreward_reward_bucket", recipe="medsage", le="+Inf") == scored
    for component in ("semantics", "format", "consistency"):
        assert total(page, "medreward_components_total", component=component) == rollouts
    for stage in ("queue", "parse", "format", "judge", "scorer", "total"):
        assert value(page, "medreward_stage_seconds_count", recipe="medsage", stage=stage) == requests
    assert value(page, "medreward_requests_in_flight", protocol="http") == 0


def test_one_scrape_has_exactly_what_all_replicas_counted_though_one_is_killed(own: Cluster) -> None:
    before = ingress_processes(own)
    assert len(before) == 2
    burst(own, REQUESTS)
    check_counts(scraped(own), REQUESTS)
    killed = psutil.Process(min(before))
    killed.kill()
    wait_for("another replica", lambda: len(ingress_processes(own) - before) == 1)
    burst(own, REQUESTS)
    page = scraped(own)
    check_counts(page, 2 * REQUESTS)
    assert len([1 for name, _ in samples(page) if name == "medreward_build_info"]) == 1


def test_judge_and_scorer_tell_from_their_own_processes(own: Cluster) -> None:
    burst(own, 1)
    wait_for("the canaries", lambda: "medreward_judge_canary_pass_ratio" in scraped(own))
    page = scraped(own)
    assert value(page, "medreward_judge_queue", state="waiting") == 0
    assert value(page, "medreward_judge_queue", state="inside") == 0
    assert (value(page, "medreward_judge_margin_count") or 0) > 0
    assert value(page, "medreward_scorer_queue") == 0
    forwards = value(page, "medreward_scorer_forward_seconds_count") or 0
    assert forwards > 0
    assert value(page, "medreward_scorer_batch_tokens_count") == forwards
    (build,) = (dict(labels) for name, labels in samples(page) if name == "medreward_build_info")
    assert build["judge"].startswith("embedded ")
    assert build["judge_prompt"]
    assert build["scorer"]


def test_both_doors_are_counted(own: Cluster) -> None:
    def counted(protocol: str) -> float:
        return total(scraped(own), "medreward_requests_total", protocol=protocol, code="ok")

    before = counted("http"), counted("grpc")
    with grpc.insecure_channel(own.grpc) as channel:
        stub = reward_pb2_grpc.RewardServiceStub(channel)  # type: ignore[no-untyped-call]
        stub.Score(codec.request_to_proto(batch()), timeout=60)
    assert (counted("http"), counted("grpc")) == (before[0], before[1] + 1)


def test_the_page_of_a_pod_has_ray_s_metrics_too_each_family_once(own: Cluster) -> None:
    burst(own, 1)
    directory, port = _ray(own)
    page = NodePage(directory / "metrics", f"http://127.0.0.1:{port}/metrics")
    text = page.text()

    def both_healthy() -> bool:
        nonlocal text
        text = page.text()
        # reads all of it, and fails where a family or a sample stands twice
        return total(text, "ray_serve_deployment_replica_healthy", deployment="Ingress") == 2

    # Ray tells of each replica in its own time, of the one that was put in place of the killed one last
    wait_for("Ray's metrics of both replicas", both_healthy)
    assert value(text, "medreward_ray_scrape_up") == 1
    assert total(text, "medreward_requests_total") == total(scraped(own), "medreward_requests_total")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not on the PATH: .ci/needs installs it")
def test_promtool_reads_both_pages(own: Cluster) -> None:
    burst(own, 1)
    directory, port = _ray(own)
    page = NodePage(directory / "metrics", f"http://127.0.0.1:{port}/metrics")
    wait_for("Ray's metrics", lambda: b"ray_serve_deployment_replica_healthy" in page.text())
    assert PROMTOOL is not None
    command = [PROMTOOL, "check", "metrics"]
    ours = subprocess.run(command, input=scraped(own).encode(), capture_output=True, check=False, timeout=60)
    assert (ours.returncode, ours.stdout + ours.stderr) == (0, b"")
    both = subprocess.run(command, input=page.text(), capture_output=True, check=False, timeout=60)
    # 3: it has been read, and names of Ray's are not as they should be
    assert both.returncode in (0, 3), both.stderr.decode()
    assert b"medreward_" not in both.stderr + both.stdout


def _ray(cluster: Cluster) -> tuple[Path, int]:
    """The cluster's directory, and the port of Ray's own metrics, as its processes were told them."""
    directory, port = None, None
    for process in psutil.Process(cluster.process.pid).children(recursive=True):
        try:
            arguments = process.cmdline()
        except psutil.Error:
            continue
        for argument in arguments:
            name, _, told = argument.partition("=")
            if name.strip("-").replace("-", "_") == "temp_dir":
                directory = Path(told)
            if name.strip("-").replace("-", "_") == "metrics_export_port" and told != "0":
                port = int(told)
    assert directory is not None
    assert port is not None
    return directory, port
