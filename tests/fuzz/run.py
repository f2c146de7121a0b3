"""Every fuzzer for its share of the time: ``python -m tests.fuzz.run --seconds N [--only NAME] [--out FILE]``.

``grpc`` and ``http`` send their bytes to a real ``medreward serve``, which is started for them. What is found is kept
in files of its own; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from tests.fuzz.by_grammar import fuzz_bodies, fuzz_texts
from tests.fuzz.guided import fuzz_guided
from tests.fuzz.memory import replicas, resident
from tests.fuzz.over_grpc import fuzz_grpc
from tests.fuzz.over_http import fuzz_http
from tests.fuzz.over_schema import fuzz_schema
from tests.fuzz.tally import Tally
from tests.fuzz.target import grpc_is_right, http_is_right
from tests.running import Cluster, served

HERE: Final[dict[str, Callable[[Tally], None]]] = {
    "texts": fuzz_texts,
    "guided": fuzz_guided,
    "bodies": fuzz_bodies,
    "schema": fuzz_schema,
}
"""those that work in processes of their own"""
LIVE: Final[dict[str, Callable[[Tally, str], None]]] = {"grpc": fuzz_grpc, "http": fuzz_http}
"""those that need a server"""


def main() -> None:
    """Prints a table of what was sent and what came back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="for all fuzzers together, starts not counted")
    parser.add_argument("--only", action="append", default=[], choices=[*HERE, *LIVE], help="this one; may be repeated")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where findings are kept")
    parser.add_argument("--out", type=Path, help="JSON of the table")
    options = parser.parse_args()
    names = options.only or [*HERE, *LIVE]
    share = options.seconds / len(names)
    tallies = []
    for name in names:
        if name in HERE:
            tally = Tally(name, share, options.keep)
            HERE[name](tally)
            tallies.append(tally.done())
    live = [name for name in names if name in LIVE]
    if live:
        tallies += fuzz_live(live, share, options.keep)
    _print(tallies)
    if options.out:
        options.out.write_text(json.dumps([tally.told() for tally in tallies], indent=1) + "\n")
    sys.exit(any(tally.findings for tally in tallies))


def fuzz_live(names: list[str], share: float, keep: Path, most: int | None = None) -> list[Tally]:
    """Some of ``LIVE``, one after another, at a server of their own; ``most``: inputs of each."""
    tallies = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "serve.log"
        with served(log, MEDREWARD_INGRESS__CPUS="0.5") as cluster:
            for name in names:
                tally = Tally(name, share, keep, most)
                before = _replicas(cluster)
                LIVE[name](tally, cluster.grpc if name == "grpc" else cluster.url)
                _check(tally, cluster, before)
                tallies.append(tally.done())
        said = log.read_text(errors="replace")
        # a defect that was told is in the log with its traceback
        if "defect while serving" in said or "Traceback" in said:
            tallies[-1].find("the server's log tells of a defect", said.encode()[-200_000:])
    return tallies


def _replicas(cluster: Cluster) -> set[int]:
    found = replicas(resident(psutil.Process(cluster.process.pid)))
    assert found, "no replica is to be seen"
    return found


def _check(tally: Tally, cluster: Cluster, before: set[int]) -> None:
    """Afterwards the server and its replicas are the same processes, and right at both doors."""
    if cluster.process.poll() is not None:
        tally.find(f"the server ended with {cluster.process.returncode}", cluster.log.read_bytes()[-20_000:])
    elif not (http_is_right(cluster.url) and grpc_is_right(cluster.grpc)):
        tally.find("the server no longer answers right", cluster.log.read_bytes()[-20_000:])
    elif gone := before - _replicas(cluster):
        tally.find(f"replicas ended and were replaced: {sorted(gone)}", cluster.log.read_bytes()[-20_000:])


def _print(tallies: list[Tally]) -> None:
    print(f"{'fuzzer':10}{'inputs':>10}{'per s':>9}{'findings':>10}  what came back")
    for tally in tallies:
        told = tally.told()
        codes = ", ".join(f"{code} {count}" for code, count in told["codes"].items()) or tally.note
        print(f"{tally.name:10}{tally.inputs:>10}{told['per_s']:>9}{len(tally.findings):>10}  {codes}")
    for tally in tallies:
        for finding in tally.findings:
            print(f"{tally.name}: {finding}")


if __name__ == "__main__":
    main()
