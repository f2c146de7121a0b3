"""Faults on real clusters: ``python -m tests.faults.run [--short] [--only NAME] [--out FILE] [--docs]``.

Ends with a table and status 1 if a reward was lost or invented, or a scenario did not come to its end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medreward.config import Settings, load_settings
from tests.faults import report
from tests.faults.ends import count
from tests.faults.oracle import Oracle, undisturbed
from tests.faults.places import COMMON, PLACES
from tests.faults.rollouts import BURST, recipe_of, rollout
from tests.faults.scenarios import ALL, SHORT
from tests.faults.stage import Scenario, Seen, Stage, Unfit

_LIMIT_S = 300.0  # of one scenario
_SHORT_BURST, _OVERLOAD_S, _SHORT_OVERLOAD_S = 256, 60.0, 8.0

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs them; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a few of them, on one cluster, with smaller bursts")
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=[one.name for one in ALL], help="one of them"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("faults.json"), help="JSON file to write; with --only, to change in part"
    )
    parser.add_argument("--docs", action="store_true", help="write the figures into docs/promises.md")
    options = parser.parse_args(arguments)
    wanted = [one for one in ALL if one.name in (options.only or (SHORT if options.short else [s.name for s in ALL]))]
    # whoever ends this run ends its clusters too
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    rows: list[dict[str, Any]] = []
    try:
        for row in run(wanted, short=options.short):
            rows.append(row)
            print(report.line(row), flush=True)
    except KeyboardInterrupt:
        print("interrupted; what was started is stopped", file=sys.stderr)
    told = report.whole(rows, short=options.short)
    report.show(told)
    if options.only and options.out.exists():
        told = report.merged(json.loads(options.out.read_text()), told, [one.name for one in ALL])
    options.out.write_text(json.dumps(told, indent=2) + "\n")
    print(f"written to {options.out}")
    if options.docs:
        report.into_docs(told)
    return 0 if len(rows) == len(wanted) and all(row["passed"] for row in rows) else 1


def run(wanted: Sequence[Scenario], *, short: bool) -> Iterator[dict[str, Any]]:
    """Runs scenarios, and tells of each as soon as it is over; one that fails does not stop the next."""
    rollouts = {number: rollout(number) for number in range(_SHORT_BURST if short else BURST)}
    oracles: dict[str, Oracle] = {}
    for place, group in itertools.groupby(wanted, lambda one: one.place):
        left = list(group)
        while left:
            # a scenario that failed may leave anything: those after it begin on a cluster of their own
            last: Scenario | None = None
            try:
                with _open(place, rollouts, oracles, short) as stage:
                    while left:
                        last = left.pop(0)
                        row = _one(last, stage)
                        yield row
                        if not row["passed"]:
                            break
            except Unfit as error:
                yield from (report.skipped(one, error) for one in left)
                left = []
            except (Exception, SystemExit) as error:
                log.exception("a cluster of the kind %s", place)
                if last is None:
                    # it did not even start, and would not for the next
                    yield from (report.failed(one, error) for one in left)
                    left = []
                else:
                    # it did not stop after that one, whose row this takes the place of
                    yield report.failed(last, error)


@contextlib.contextmanager
def _open(place: str, rollouts: Mapping[int, Any], oracles: dict[str, Oracle], short: bool) -> Iterator[Stage]:
    wanted = PLACES[place]
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        beside = stack.enter_context(wanted.beside(directory))
        settings = load_settings(**_merged(COMMON, wanted.settings(beside, directory)))
        oracle = oracles.get(place) or asyncio.run(_oracle(settings, rollouts))
        if not beside:
            oracles[place] = oracle
        cluster = stack.enter_context(wanted.start(directory, settings))
        overload_s = _SHORT_OVERLOAD_S if short else _OVERLOAD_S
        yield Stage(cluster, settings, oracle, rollouts, overload_s, directory, beside)


async def _oracle(settings: Settings, rollouts: Mapping[int, Any]) -> Oracle:
    return await undisturbed(settings, rollouts, recipe_of)


def _one(scenario: Scenario, stage: Stage) -> dict[str, Any]:
    begun = time.monotonic()
    try:
        seen = asyncio.run(_limited(scenario, stage))
    except Unfit as error:
        return report.skipped(scenario, error)
    except Exception as error:
        log.exception("scenario %s", scenario.name)
        return report.failed(scenario, error)
    found = count(seen.load.ends, seen.oracle or stage.oracle, seen.blind)
    return report.row(scenario, seen, found, time.monotonic() - begun)


async def _limited(scenario: Scenario, stage: Stage) -> Seen:
    async with asyncio.timeout(_LIMIT_S):
        return await scenario.run(stage)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with what ``over`` says, section by section."""
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
