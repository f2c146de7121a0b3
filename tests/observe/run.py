"""``python -m tests.observe.run --out DIR``: a cluster under load, a Prometheus that scrapes it, and a look at every
expression of every panel and alert. Prints how many series each gave, draws the dashboards, and exits with 1 when one
gave none that should.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.observe.pictures import Past, draw
from tests.observe.prometheus import BINARY, NOT_INSTALLED
from tests.observe.watched import WINDOW, WINDOW_S, Found, missing, wait_for_data, watched


def table(found: list[Found]) -> Table:
    """Panel or alert, and its series: one line each, where it has several expressions the fewest."""
    lines: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        lines.setdefault((one.expression.where, one.expression.name), []).append(one)
    shown = Table("where", "panel or alert", "expressions", "series", "")
    for (where, name), several in lines.items():
        series = [one.series for one in several]
        empty = [one for one in several if not one.series]
        why = next((one.reason or "[bold red]NO DATA" for one in empty), "")
        shown.add_row(where, name, str(len(several)), " + ".join(map(str, series)), why)
    return shown


def main() -> int:
    """0 when every expression that must have data has some."""
    parser = argparse.ArgumentParser(prog="python -m tests.observe.run", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("observe"), help="directory of the pictures")
    parser.add_argument("--seconds", type=float, default=150.0, help="of load")
    given = parser.parse_args()
    if BINARY is None:
        print(NOT_INSTALLED, file=sys.stderr)
        return 1
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="observe-", dir="/tmp") as folder:
        with watched(Path(folder), given.seconds) as watching:
            print(f"{watching.cluster.url} is under load for {given.seconds:g} s", flush=True)
            time.sleep(given.seconds)
            found = wait_for_data(watching, 90)
            draw(Past(watching.prometheus, watching.since + WINDOW_S, time.time(), WINDOW), out)
        broken = watching.load.broken
        outcomes = dict(sorted(watching.load.outcomes.items()))
    console = Console(width=140)
    console.print(table(found))
    lacking, excused = missing(found), [one for one in found if not one.series and one.reason]
    print(f"answers: {outcomes}")
    print(f"expressions: {len(found)}; with data: {sum(bool(one.series) for one in found)}; ", end="")
    print(f"cannot have any here: {len(excused)}; lack it: {len(lacking)}")
    print(f"pictures: {', '.join(str(path) for path in sorted(out.glob('dashboard-*.png')))}")
    for one in lacking:
        print(f"NO DATA: {one.expression.where} / {one.expression.name}: {one.expression.expr}", file=sys.stderr)
    for error in broken:
        print(f"the load broke: {error!r}", file=sys.stderr)
    return 1 if lacking or broken else 0


if __name__ == "__main__":
    sys.exit(main())
