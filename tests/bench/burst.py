"""Rewards for a burst of rollouts, each awaited on its own: ``python -m tests.bench.burst [--out FILE]``.

As verl asks for them: 1 024 coroutines, one rollout each. The server is the HTTP ingress behind uvicorn, one process,
with deterministic components. Each way of asking encodes what it sends and decodes what it gets, with one session for
all. All are measured by turns, several rounds each. Of the wall time the median round and the best are reported, since
a burst is short beside what a busy machine does meanwhile; the processor time of both processes, the mean of the
rounds, hardly depends on that. The last two columns spread the same rollouts over a second: milliseconds from a
rollout's end to its reward. Where verl is installed, its own reward loop is one of the ways.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import httpx
import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from medreward.contract import Result, Rollout, ScoreRequest, ScoreResponse, codec
from medreward.serve.environment import free_port
from medreward_trainer.client import ClientSettings, RewardClient
from tests.bench.rollouts import request
from tests.bench.verl_loop import Ask, through_verl

COMPONENTS = {"format": 1.0, "grounding": 1.0}
SPREAD_S = 1.0
START_S = 90.0
LIMIT_S = 20.0  # of one measurement; a way that needs longer twice drops out
BUDGET_S = 60.0  # of the rounds; no other one begins after it
SPREAD = ("client", "aiohttp")  # httpx falls behind such a rate without end on a busy machine
KEEP_ALIVE_S = 2.0  # shorter than the server's 5 s: else a way between its turns uses what the server just closed
TARGETS = {"httpx / client": 50.0, "aiohttp / client": 8.0, "client / one batch": 1.5}

_decoder = msgspec.json.Decoder(ScoreResponse)


def main() -> None:
    """Runs all of it, prints a table, and writes the JSON file if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--rollouts", type=int, default=1024, help="of a burst")
    parser.add_argument("--rounds", type=int, default=5, help="of all ways of asking, the first one apart")
    options = parser.parse_args()
    with served() as server:
        measured = asyncio.run(measure(server, request(options.rollouts).rollouts, options.rounds))
    report = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "platform": platform.platform()},
        "rollouts": options.rollouts,
        **measured,
        "ratios": {of: ratios(measured["burst_s"], of) for of in ("median", "best", "cpu")},
    }
    show(report)
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n")
        print(f"written to {options.out}")


class Server(NamedTuple):
    """The ingress in a process of its own."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor time until now, of the server and of this process."""
        times = self.process.cpu_times()
        return time.process_time() + times.user + times.system


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """It, until the block ends."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.plain", str(port)])
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    try:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                    break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server did not start")
            time.sleep(0.2)
        yield Server(url, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


async def measure(server: Server, rollouts: Sequence[Rollout], rounds: int) -> dict[str, Any]:
    """Seconds of each way's bursts, and latency when the rollouts are spread over a second."""
    wall: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    latency: dict[str, list[float]] = {}
    async with contextlib.AsyncExitStack() as stack:
        ways = {name: await stack.enter_async_context(way(server.url)) for name, way in WAYS.items()}
        session = await stack.enter_async_context(aiohttp.ClientSession())
        bursts = {"one batch": partial(one_batch, session, server.url, rollouts)}
        bursts |= {name: partial(burst, ask, rollouts) for name, ask in ways.items()}
        missed: Counter[str] = Counter()
        until = time.monotonic() + BUDGET_S
        for number in range(rounds + 1):
            if number > 1 and time.monotonic() > until:
                print(f"{number - 1} rounds of {rounds}: more would take longer than {BUDGET_S:g} s")
                break
            for name, one in list(bursts.items()):
                before = server.cpu_s()
                try:
                    async with asyncio.timeout(LIMIT_S):
                        spent = await one()
                except TimeoutError:
                    # not counted, which is in favour of the way that was so slow
                    print(f"{name}: a burst that did not end within {LIMIT_S:g} s has no figure")
                    missed[name] += 1
                    if missed[name] > 1:
                        del bursts[name]
                    continue
                if number:  # the first opens connections
                    wall.setdefault(name, []).append(spent)
                    cpu.setdefault(name, []).append(server.cpu_s() - before)
        for name in SPREAD:
            async with asyncio.timeout(LIMIT_S):
                latency[name] = await spread(ways[name], rollouts)
    return {
        "burst_s": {
            name: {
                "median": statistics.median(wall[name]),
                "best": min(wall[name]),
                "cpu": statistics.mean(cpu[name]),
                "rounds": wall[name],
            }
            for name in wall
        },
        "spread_latency_s": {
            name: {"p50": found[len(found) // 2], "p95": found[int(len(found) * 0.95)]}
            for name, found in latency.items()
        },
    }


def ratios(burst_s: dict[str, dict[str, float]], of: str) -> dict[str, float]:
    """Each target's own, of the ``median`` or the ``best`` rounds, or of the ``cpu`` time."""
    pairs = {name: name.split(" / ") for name in TARGETS}
    return {
        name: burst_s[over][of] / burst_s[under][of]
        for name, (over, under) in pairs.items()
        if over in burst_s and under in burst_s
    }


async def burst(ask: Ask, rollouts: Sequence[Rollout]) -> float:
    """Seconds until each has its reward."""
    start = time.perf_counter()
    results = await asyncio.gather(*(ask(rollout) for rollout in rollouts))
    spent = time.perf_counter() - start
    hold(results, rollouts)
    return spent


async def spread(ask: Ask, rollouts: Sequence[Rollout]) -> list[float]:
    """Seconds of each, in ascending order."""
    moments = random.Random(0)

    async def one(rollout: Rollout, at: float) -> tuple[float, Result]:
        await asyncio.sleep(at)
        start = time.perf_counter()
        result = await ask(rollout)
        return time.perf_counter() - start, result

    found = await asyncio.gather(*(one(rollout, moments.uniform(0, SPREAD_S)) for rollout in rollouts))
    hold([result for _, result in found], rollouts)
    return sorted(seconds for seconds, _ in found)


async def one_batch(session: aiohttp.ClientSession, url: str, rollouts: Sequence[Rollout]) -> float:
    """Seconds of one request with all of them: what a caller could do who had them all at once."""
    start = time.perf_counter()
    body = codec.encode(ScoreRequest(components=COMPONENTS, rollouts=list(rollouts)))
    async with session.post(f"{url}/v1/score", data=body) as answer:
        results = _decoder.decode(await answer.read()).results
    spent = time.perf_counter() - start
    hold(results, rollouts)
    return spent


def hold(results: Sequence[Result], rollouts: Sequence[Rollout]) -> None:
    """A measurement counts only if every rollout got its own reward."""
    if [result.id for result in results] != [rollout.id for rollout in rollouts]:
        raise RuntimeError("a rollout of the benchmark got the result of another")
    if any(result.reward is None for result in results):
        raise RuntimeError("a rollout of the benchmark was not scored")


def body_of(rollout: Rollout) -> bytes:
    """A request for one."""
    return codec.encode(ScoreRequest(components=COMPONENTS, rollouts=[rollout]))


@contextlib.asynccontextmanager
async def by_client(url: str) -> AsyncIterator[Ask]:
    """Through the client."""
    async with RewardClient(ClientSettings(urls=[url], recipe="gemex")) as client:

        async def ask(rollout: Rollout) -> Result:
            return (await client.score(rollout, components=COMPONENTS)).result

        yield ask


@contextlib.asynccontextmanager
async def by_aiohttp(url: str) -> AsyncIterator[Ask]:
    """One request a rollout by aiohttp, with its own limit: 100 connections."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_S)) as session:

        async def ask(rollout: Rollout) -> Result:
            async with session.post(f"{url}/v1/score", data=body_of(rollout)) as answer:
                return _decoder.decode(await answer.read()).results[0]

        yield ask


@contextlib.asynccontextmanager
async def by_httpx(url: str) -> AsyncIterator[Ask]:
    """One request a rollout by httpx, with its own limits: 100 connections, of which 20 are kept."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEP_ALIVE_S)
    # its timeout of 5 s would also cover the wait for a connection
    async with httpx.AsyncClient(timeout=None, limits=limits) as session:

        async def ask(rollout: Rollout) -> Result:
            answer = await session.post(f"{url}/v1/score", content=body_of(rollout))
            return _decoder.decode(answer.content).results[0]

        yield ask


@contextlib.asynccontextmanager
async def by_verl(url: str) -> AsyncIterator[Ask]:
    """verl's own reward loop, whose reward function sends one request a rollout by aiohttp."""
    async with by_aiohttp(url) as ask, through_verl(ask) as through:
        yield through


WAYS = {"client": by_client, "aiohttp": by_aiohttp, "httpx": by_httpx}
if importlib.util.find_spec("verl") is not None:
    WAYS["verl's reward loop"] = by_verl


def show(report: dict[str, Any]) -> None:
    """The tables."""
    table = Table(title=f"{report['rollouts']} rollouts, each awaiting its own reward")
    for heading in ("way", "burst: median, ms", "best, ms", "cpu, ms", "spread over 1 s: p50, ms", "p95, ms"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for name, found in report["burst_s"].items():
        late = report["spread_latency_s"].get(name)
        table.add_row(
            name,
            _ms(found["median"]),
            _ms(found["best"]),
            _ms(found["cpu"]),
            *((_ms(late["p50"]), _ms(late["p95"])) if late else ("", "")),
        )
    shown = Table(title="ratios within this run")
    for heading in ("ratio", "of medians", "of best rounds", "of cpu time", "target"):
        shown.add_column(heading)
    for name, target in TARGETS.items():
        bound = "at most" if name == "client / one batch" else "at least"
        if name not in report["ratios"]["median"]:
            continue
        found = [f"{report['ratios'][of][name]:.2f}" for of in ("median", "best", "cpu")]
        shown.add_row(name, *found, f"{bound} {target:g}")
    console = Console()
    console.print(table, shown)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    main()
