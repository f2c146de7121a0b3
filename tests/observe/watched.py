"""A reward cluster under load that a Prometheus scrapes: what ``make observe`` and the tests look at."""

from __future__ import annotations

import contextlib
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml

from medreward.observability.shared import MULTIPROC_DIR
from medreward.serve.environment import free_port
from tests.observe import expressions, names
from tests.observe.expressions import Expression
from tests.observe.load import Load
from tests.observe.prometheus import Prometheus, prometheus
from tests.running import Cluster, served

WINDOW_S = 20
WINDOW = f"{WINDOW_S}s"
"""over which rates are taken: Ray tells its metrics every two seconds here"""
_RAY = {"RAY_metrics_report_interval_ms": "2000"}


class Watched(NamedTuple):
    """All that runs."""

    cluster: Cluster
    load: Load
    prometheus: Prometheus
    since: float
    """seconds since 1970 at which the load began"""


class Found(NamedTuple):
    """What one expression gave."""

    expression: Expression
    series: int
    reason: str
    """why it cannot have any here; empty where it must"""


def settings(folder: Path) -> tuple[Path, dict[str, str]]:
    """The file of settings, and the keys of its clients."""
    keys = {"trainer": secrets.token_hex(16), "limited": secrets.token_hex(16)}
    (folder / "keys").mkdir()
    for name, key in keys.items():
        (folder / "keys" / name).write_text(key)
    chosen = {
        "auth": {"keys_dir": str(folder / "keys")},
        "ingress": {"replicas": 2, "cpus": 0.3},
        "limits": {"rollouts": 1024, "per_client": {"overrides": {"limited": {"requests_per_s": 1, "burst_s": 1}}}},
        "judge": {"canary_every_s": 5.0, "cpus": 0.1},
        "scorer": {"checkpoint": "shipped", "cpus": 0.5, "threads": 1},
        "audit": {"dir": str(folder / "audit")},
    }
    (folder / "settings.yaml").write_text(yaml.safe_dump(chosen))
    return folder / "settings.yaml", keys


@contextlib.contextmanager
def watched(folder: Path, lasts_s: float) -> Iterator[Watched]:
    """Starts the cluster, its load, and what scrapes both of its pages, until the block ends."""
    config, keys = settings(folder)
    environment = {"MEDREWARD_SCORER__CHECKPOINT": "shipped", **_RAY}
    with (
        served(folder / "serve.log", "--config", str(config), **environment) as cluster,
        page(cluster, folder / "page.log") as address,
        prometheus(folder, {"here": address}) as scraper,
        Load(cluster.url, cluster.grpc, keys, lasts_s) as load,
    ):
        yield Watched(cluster, load, scraper, time.time())


@contextlib.contextmanager
def page(cluster: Cluster, log: Path) -> Iterator[str]:
    """The page of the node, ours and Ray's metrics, served as in a pod; where it is served."""
    port = free_port()
    given = {"directory": metrics_directory(cluster), "port": port, "ray-port": rays_port(cluster)}
    arguments = [f"--{name}={value}" for name, value in given.items()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "medreward.observability.node", *arguments], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def rays_port(cluster: Cluster) -> int:
    """Where Ray shows its own metrics, as the command lines of its processes say."""
    for child in psutil.Process(cluster.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if found := re.search(r"metrics[-_]export[-_]port=(\d+)", " ".join(child.cmdline())):
                return int(found[1])
    raise RuntimeError("no process of Ray names its metrics port")


def metrics_directory(cluster: Cluster) -> str:
    """Through which the processes of the cluster count together, as their environment says."""
    for child in psutil.Process(cluster.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if found := child.environ().get(MULTIPROC_DIR):
                return found
    raise RuntimeError("no process counts")


def look(watching: Watched, seconds: float) -> list[Found]:
    """Every expression of panels and alerts over the last ``seconds``."""
    end = time.time()
    start = max(watching.since, end - seconds)
    found = []
    for one in [*expressions.of_panels(WINDOW), *expressions.of_alerts()]:
        series = watching.prometheus.over(one.expr, start, end, 1)
        found.append(Found(one, len(series), reason(one)))
    return found


def reason(one: Expression) -> str:
    """Why an expression cannot have data on such a machine; empty when it must."""
    known = [names.ELSEWHERE[name] for name in sorted(expressions.metrics(one.expr)) if name in names.ELSEWHERE]
    return known[0] if known else names.EMPTY.get(one.name, "")


def missing(found: list[Found]) -> list[Found]:
    """Those that should have data and have none."""
    return [one for one in found if not one.series and not one.reason]


def wait_for_data(watching: Watched, limit_s: float) -> list[Found]:
    """Looks until every expression has had data, for ``limit_s`` at most; what was found last."""
    until = time.monotonic() + limit_s
    while True:
        found = look(watching, 120)
        if not missing(found) or time.monotonic() > until or watching.load.broken:
            return found
        time.sleep(1)
