"""``medreward canary``: the suite of answers that must not fool a judge, put to a live one."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from medreward.cli import console
from medreward.cli.backend import open_backend
from medreward.cli.errors import CliError, Unusable, one_line
from medreward.cli.judging import Ask, SeenVerdict, judged
from medreward.cli.making import Made, Making
from medreward.cli.report_file import write_json
from medreward.cli.seen_judge import shown

if TYPE_CHECKING:
    from medreward.judge.canary import Report, Suite


def canary(
    url: Annotated[str | None, typer.Option(help="Server to ask; without it, this process judges.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) for judging in this process.")] = None,
    suite: Annotated[Path | None, typer.Option(help="A suite (YAML) of your own in place of the shipped one.")] = None,
    expect: Annotated[
        Literal["verdict", "sound"],
        typer.Option(
            help="verdict: each canary gets the verdict that is right; sound: for a judge that knows no medicine."
        ),
    ] = "verdict",
    out: Annotated[Path | None, typer.Option(help="File for the report (JSON); it is written anew.")] = None,
    textfile: Annotated[
        Path | None, typer.Option(help="File for the pass rates as Prometheus text, for a node exporter to collect.")
    ] = None,
    deadline_ms: Annotated[int, typer.Option(min=1, help="Milliseconds that the suite may take.")] = 60_000,
) -> None:
    """Put answers that are meant to fool it to a judge, and right ones that it must reward.

    Prints the pass rate of each kind and each canary that was not passed. The exit code is 0 when all were passed,
    else 1. A canary without a verdict is not passed. With '--expect sound' the suite is asked twice and no verdict is
    wrong as such; asked is that the judge invents nothing, copies nothing, and answers alike.

    \b
    Example:
      medreward canary --url http://127.0.0.1:8000 --textfile canaries.prom
    """
    with one_line():
        # here, not above: --help should not wait for the rewards
        from medreward.judge.canary import SuiteError, load_suite

        if textfile is not None and find_spec("prometheus_client") is None:
            raise CliError("prometheus_client is not installed; --textfile needs: pip install 'medreward[serve]'")
        try:
            asked = load_suite(suite)
        except SuiteError as error:
            raise Unusable(str(error)) from None
        found, made = asyncio.run(_run(url, config, asked, expect, deadline_ms))
        _show(console.out(), found, made)
        if out is not None:
            write_json(out, {"made": made.plain(), "report": found})
        if textfile is not None:
            _write_textfile(textfile, found)
    if not found.ok:
        raise typer.Exit(1)


async def _run(
    url: str | None, config: Path | None, suite: Suite, expect: Literal["verdict", "sound"], deadline_ms: int
) -> tuple[Report, Made]:
    from medreward.judge.canary import report, rollouts

    ask = Ask(deadline_ms, explain=True)
    async with open_backend(url, config, ask.in_flight) as backend:
        making = await Making.begin(backend, deadline_ms)

        async def once() -> list[SeenVerdict]:
            return await judged(making, rollouts(suite), len(suite.cases), ask, "canaries")

        first = await once()
        again = await once() if expect == "sound" else None
    return report(suite, first, expect, again), making.made()


def _show(out: Console, report: Report, made: Made) -> None:
    out.print(f"Judge: {shown(made.judge)}", soft_wrap=True)
    out.print(f"Canary suite {report.suite_version} ({report.suite_hash}), expected: {report.expect}")
    table = Table("kind", "what", "passed", "of", "absent", "rate")
    for column in table.columns[2:]:
        column.justify = "right"
    for kind in report.kinds:
        rate = f"{100 * kind.ratio:.0f}%"
        table.add_row(kind.kind, kind.summary, str(kind.passed), str(kind.total), str(kind.absent), rate)
    out.print(table)
    for kind in report.kinds:
        for failure in kind.failures:
            out.print(f"{failure.id}: {failure.reason} ({' '.join(failure.detail.split())})", soft_wrap=True)
    out.print(f"{report.passed} of {report.total} passed; {report.absent} without a verdict")


def _write_textfile(path: Path, report: Report) -> None:
    from prometheus_client import CollectorRegistry, write_to_textfile

    from medreward.judge.canary.metrics import CanaryGauge

    registry = CollectorRegistry()
    CanaryGauge(registry).set(report)
    try:
        # by a rename: a collector never reads half of it
        write_to_textfile(str(path), registry)
    except OSError as error:
        raise CliError(f"--textfile: {path} cannot be written: {error.strerror}") from None
