"""What the audit log costs the one who scores, and what its thread can write.

    python -m tests.bench.audit

The same batches go through the whole HTTP application, without a log, with one, and with texts, in turn and in one
process, so that the machine is the same for all three. Printed are the microseconds a rollout, the least of the turns:
that of handing over alone, and of the request with the log's thread at work beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx

from medreward.assembly import build_desk, build_pipeline
from medreward.config import load_settings
from medreward.contract import codec
from medreward.contract import types as t
from medreward.ingress.http import create_app
from medreward.observability.audit.ingress import Asked, Audit
from medreward.observability.audit.log import AuditLog
from medreward.observability.audit.settings import AuditSettings
from medreward.observability.observer import Observer
from medreward.scoring.trail import Trail
from tests.bench.rollouts import rollout


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Cost of the audit log")
    parser.add_argument("--batch", type=int, default=256, help="rollouts of a request")
    parser.add_argument("--requests", type=int, default=40, help="of a turn")
    parser.add_argument("--turns", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(Path(directory), given.batch, given.requests, given.turns))


async def measure(directory: Path, batch: int, requests: int, turns: int) -> None:
    """Prints a line for each of the three."""
    settings = load_settings(judge={"engine": "none"})
    pipeline, desk = build_pipeline(settings), build_desk(settings, None)
    request = t.ScoreRequest(recipe="gemex", rollouts=[rollout(number) for number in range(batch)])
    body = codec.encode(request)
    response = await pipeline.score(request)
    best: dict[str, float] = {}
    handed: dict[str, float] = {}
    drained: dict[str, float] = {}
    for _ in range(turns):
        for name in ("without", "with", "with texts"):
            log = None
            if name != "without":
                kept = AuditSettings(dir=directory, texts=name == "with texts", queue_records=10**6, queue_mib=4096)
                log = AuditLog(directory, kept)
                audit: Audit | None = Audit(log, texts=kept.texts)
            else:
                audit = None
            app = create_app(pipeline, desk, settings.limits, Observer(audit=audit))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                started = time.perf_counter()
                for _ in range(requests):
                    answer = await client.post("/v1/score", content=body)
                    assert answer.status_code == 200
                _least(best, name, (time.perf_counter() - started) / (requests * batch))
            if audit is not None and log is not None:
                started = time.perf_counter()
                for _ in range(requests):
                    audit.scored(Asked("http", "score"), request, response, Trail())
                done = time.perf_counter()
                _least(handed, name, (done - started) / (requests * batch))
                log.close()
                _least(drained, name, (time.perf_counter() - done) / (requests * batch))
                _empty(directory)
    base = best["without"]
    print(f"{batch} rollouts a request, {requests} requests a turn, least of {turns} turns; microseconds a rollout")
    print(f"{'':12} {'request':>9} {'ratio':>7} {'handing over':>13} {'writing, in the thread':>23}")
    for name, seconds in best.items():
        line = f"{name:12} {seconds * 1e6:9.2f} {seconds / base:7.3f}"
        if name in handed:
            line += f" {handed[name] * 1e6:13.3f} {drained[name] * 1e6:23.2f}"
        print(line)


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()


def _least(found: dict[str, float], name: str, seconds: float) -> None:
    found[name] = min(seconds, found.get(name, seconds))


if __name__ == "__main__":
    main()
