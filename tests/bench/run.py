"""Speed, side by side in one run: ``make bench``.

In process: parsing and every deterministic reward of a 1.5 kB rollout, one core. Served: the same code behind plain
uvicorn (one process), and behind Ray Serve with one ingress replica, over HTTP and gRPC, at batches of 1, 64 and 1024.
Each server gets one body again and again, so answers repeat, as they do in a group.
The servers are measured by turns, several rounds each, and the median round is reported, so that a noisy moment of the
machine hits all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvloop
from rich.console import Console
from rich.table import Table

from medreward.assembly import build_pipeline
from medreward.config import load_settings
from medreward.contract import codec
from medreward.contract import types as t
from medreward.serve.environment import free_port
from tests.bench.client import Load, grpc_load, http_load
from tests.bench.rollouts import RESPONSE_BYTES, body, request
from tests.running import served

# batch -> requests in flight: enough to keep the server busy, few enough to leave latency a meaning
IN_FLIGHT = {1: 32, 64: 8, 1024: 4}
DETERMINISTIC = {"answer": 1.0, "semantics": 1.0, "grounding": 1.0, "format": 1.0, "self_check": 1.0}
TARGETS = {"in process us": 60.0, "served HTTP / plain, batch 1": 0.4, "served HTTP / plain, batch 64": 0.85}


def main() -> None:
    """Runs all of it, prints two tables, and writes the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="JSON file to write")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement, warm-up apart")
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements")
    options = parser.parse_args()
    report: dict[str, Any] = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "platform": platform.platform()},
        "response_bytes": RESPONSE_BYTES,
        "in_process": {"answer a letter": in_process(False), "answer a sentence": in_process(True)},
        "served": serving(options.seconds, options.rounds),
    }
    report["ratios"] = ratios(report)
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    show(report)
    print(f"written to {options.out}")


def in_process(sentence: bool) -> dict[str, float]:
    """Microseconds a rollout and rollouts a second, one core: median of batches of 1024, no rollout seen twice."""
    pipeline = build_pipeline(load_settings())

    async def passes() -> list[float]:
        spent = []
        for number in range(8):
            rollouts = request(1024, first=1024 * number, sentence=sentence).rollouts
            batch = t.ScoreRequest(components=DETERMINISTIC, rollouts=rollouts)
            start = time.perf_counter()
            response = await pipeline.score(batch)
            spent.append(time.perf_counter() - start)
            if any(result.reward is None for result in response.results):
                raise RuntimeError("a rollout of the benchmark was not scored")
        return spent

    seconds = statistics.median(asyncio.run(passes())[1:])
    return {"us_a_rollout": round(seconds / 1024 * 1e6, 1), "rollouts_s": round(1024 / seconds)}


def serving(seconds: float, rounds: int) -> list[dict[str, Any]]:
    """A row for each server and batch size."""
    with tempfile.TemporaryDirectory() as directory, plain() as plain_url:
        environment = {"MEDREWARD_INGRESS__REPLICAS": "1"}
        with served(Path(directory) / "serve.log", **environment) as cluster:
            kind = "haproxy" if "haproxy" in cluster.log.read_text().lower() else "ray"
            seen: dict[tuple[str, int], list[Load]] = {}
            for _ in range(rounds):
                for size, in_flight in IN_FLIGHT.items():
                    content, message = body(size), codec.request_to_proto(request(size))
                    for name, url in (("plain uvicorn", plain_url), ("served HTTP", cluster.url)):
                        load = uvloop.run(http_load(f"{url}/v1/score", content, in_flight, seconds))
                        seen.setdefault((name, size), []).append(load)
                    load = uvloop.run(grpc_load(cluster.grpc, message, in_flight, seconds))
                    seen.setdefault(("served gRPC", size), []).append(load)
    return [_row(name, size, loads, kind) for (name, size), loads in seen.items()]


def _row(name: str, size: int, loads: list[Load], kind: str) -> dict[str, Any]:
    median = sorted(loads, key=lambda load: load.requests_s)[len(loads) // 2]
    return {
        "server": name,
        "proxy": None if name == "plain uvicorn" else kind,
        "batch": size,
        "in_flight": IN_FLIGHT[size],
        "requests_s": round(median.requests_s, 1),
        "rollouts_s": round(median.requests_s * size),
        "p50_ms": round(median.p50_ms, 2),
        "p99_ms": round(median.p99_ms, 2),
        "rounds_rollouts_s": [round(load.requests_s * size) for load in loads],
    }


@contextlib.contextmanager
def plain() -> Iterator[str]:
    """The URL of the plain uvicorn server until the block ends."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.plain", str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("plain uvicorn did not get ready")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def ratios(report: dict[str, Any]) -> dict[str, float]:
    """Rollouts a second over plain uvicorn's, in this very run."""
    speed = {(row["server"], row["batch"]): row["rollouts_s"] for row in report["served"]}
    return {
        f"{server} / plain, batch {size}": round(speed[server, size] / speed["plain uvicorn", size], 3)
        for server in ("served HTTP", "served gRPC")
        for size in IN_FLIGHT
    }


def show(report: dict[str, Any]) -> None:
    """Both tables, with the targets."""
    console = Console(width=110)
    console.print(f"\nin process, one core, {RESPONSE_BYTES} B: parsing and {', '.join(DETERMINISTIC)}")
    for name, here in report["in_process"].items():
        target = f" (target {TARGETS['in process us']:.0f})" if name == "answer a letter" else ""
        console.print(f"{name}: {here['us_a_rollout']} us a rollout{target}, {here['rollouts_s']}/s")
    table = Table("server", "batch", "in flight", "requests/s", "rollouts/s", "p50 ms", "p99 ms", "/ plain", "target")
    for row in report["served"]:
        key = f"{row['server']} / plain, batch {row['batch']}"
        ratio, target = report["ratios"].get(key), TARGETS.get(key)
        table.add_row(
            row["server"],
            *(f"{row[name]:g}" for name in ("batch", "in_flight", "requests_s", "rollouts_s", "p50_ms", "p99_ms")),
            "" if ratio is None else f"{ratio:.2f}",
            "" if target is None else f">= {target}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
