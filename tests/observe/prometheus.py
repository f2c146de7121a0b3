"""A real Prometheus, Debian's, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import math
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from medreward.serve.environment import free_port
from tests.observe.expressions import JOB

BINARY = shutil.which("prometheus")
NOT_INSTALLED = "prometheus is not installed: apt-get install prometheus"
START_S = 60.0
SCRAPE_S = 1


class Series(NamedTuple):
    """One line of a graph."""

    labels: dict[str, str]
    points: list[tuple[float, float]]
    """seconds since 1970 and value; those that are no number left out"""


class Prometheus:
    """Its HTTP API."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30)

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def targets(self) -> dict[str, str]:
        """Each target's health: unknown, up or down."""
        found = self._client.get("/api/v1/targets").raise_for_status().json()["data"]["activeTargets"]
        return {target["labels"]["pod"]: f"{target['health']} {target['lastError']}".strip() for target in found}

    def over(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """The series of an expression between two times, those left out that never were a number.

        Raises:
            ValueError: Prometheus refuses the expression; the message says why.
        """
        asked = {"query": expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        answer = self._client.post("/api/v1/query_range", data=asked)
        told: dict[str, Any] = answer.json()
        if told["status"] != "success":
            raise ValueError(f"{expr}: {told['error']}")
        found = [
            Series(one["metric"], [(at, float(value)) for at, value in one["values"] if math.isfinite(float(value))])
            for one in told["data"]["result"]
        ]
        return [series for series in found if series.points]


@contextlib.contextmanager
def prometheus(folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Scrapes ``targets`` (pod -> host:port), all as one release, each second.

    Raises:
        RuntimeError: it is not installed, or it did not start; the message has what it said.
    """
    if BINARY is None:
        raise RuntimeError(NOT_INSTALLED)
    static = [{"targets": [address], "labels": {"pod": pod}} for pod, address in targets.items()]
    config = {
        "global": {"scrape_interval": f"{SCRAPE_S}s"},
        "scrape_configs": [{"job_name": JOB, "static_configs": static}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                BINARY,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            asked = Prometheus(f"http://127.0.0.1:{port}")
            until = time.monotonic() + START_S
            while not asked.is_ready():
                if time.monotonic() > until or process.poll() is not None:
                    raise RuntimeError(f"prometheus did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield asked
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
