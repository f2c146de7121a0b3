"""``medreward rescore``: stored replies under the present judge and recipe, and what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from medreward.cli import console
from medreward.cli.backend import find_recipe, open_backend
from medreward.cli.batches import batched, in_order
from medreward.cli.errors import CliError, Unusable, one_line
from medreward.cli.making import Making
from medreward.cli.progress import counting
from medreward.cli.report_file import write_json
from medreward.cli.rescore_audit import AuditRun
from medreward.cli.rescore_drift import Drift
from medreward.cli.rescore_report import plain, show
from medreward.cli.rescore_stored import FileRun, Stored, StoredRun
from medreward.cli.sidecar import sidecar_path
from medreward.cli.types import Reply
from medreward.contract.types import ScoreRequest


def rescore(
    rollouts: Annotated[
        Path,
        typer.Argument(metavar="ROLLOUTS", help="What was scored, plain or gzipped; or the directory of an audit log."),
    ],
    results: Annotated[
        Path | None,
        typer.Argument(metavar="RESULTS", help="What 'medreward score --out' made of it; an audit log has them."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Server to ask; without it, scoring happens in this process.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) for scoring in this process.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Name of the recipe; without it, the one that the results were made by.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File for the report (JSON); it is written anew.")] = None,
    fail_above: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, metavar="SHARE", help="Exit with 1 when a larger share of rewards changed."),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Rollouts in a request.")] = 256,
    deadline_ms: Annotated[int, typer.Option(min=1, help="Milliseconds that a batch may take.")] = 60_000,
    in_flight: Annotated[int, typer.Option(min=1, max=256, help="Requests to the server at a time.")] = 4,
) -> None:
    """Score stored rollouts again and report the drift.

    Each result of RESULTS is compared with the one that its rollout gets now, component by component: how many are
    equal, went from 0 to 1 or from 1 to 0, are newly absent or newly there; and the rewards, their means over the
    rollouts that have one before and now, and the biggest changes. RESULTS is not written to. Drift is a finding, no
    error: the exit code is 0, unless --fail-above says otherwise.

    \b
    Example:
      medreward rescore rollouts.jsonl results.jsonl --url http://127.0.0.1:8000
      medreward rescore /var/lib/medreward/audit --recipe medsage
    """
    with one_line():
        if Path("-") in (rollouts, results):
            raise Unusable("- is no file; name one, since rollouts are read twice")
        run = _stored_run(rollouts, results)
        name = recipe or run.recipe
        if name is None:
            raise Unusable(_no_recipe(results))
        job = _Job(run, name, batch_size, deadline_ms, in_flight)
        drift, made = asyncio.run(_run(job, url, config))
        if not drift.rollouts:
            raise Unusable(f"{results}: has no results")
        before = run.before
        show(console.out(), drift, before, made)
        if out is not None:
            write_json(out, {"before": before, "now": made, "drift": plain(drift)})
        if fail_above is not None and drift.share > fail_above:
            raise CliError(f"{drift.share:.4f} of the rewards changed, more than {fail_above:g}")


class _Job(NamedTuple):
    """What was scored, and the command's options, checked."""

    run: StoredRun
    recipe: str
    batch_size: int
    deadline_ms: int
    in_flight: int


def _stored_run(rollouts: Path, results: Path | None) -> StoredRun:
    if results is not None:
        return FileRun(rollouts, results)
    if rollouts.is_dir():
        return AuditRun(rollouts)
    raise Unusable(f"RESULTS: required, since {rollouts} is no directory of an audit log")


def _no_recipe(results: Path | None) -> str:
    if results is None:
        return "--recipe: required, since the audit log has results of several recipes"
    return f"--recipe: required, since there is no {sidecar_path(results)} to say how the results were made"


async def _run(job: _Job, url: str | None, config: Path | None) -> tuple[Drift, dict[str, Any]]:
    async with open_backend(url, config, job.in_flight) as backend:
        making = await Making.begin(backend, job.deadline_ms)
        recipe = find_recipe(await backend.recipes(), job.recipe)
        drift = await _compare(making, job, job.run.pairs((await backend.service()).limits))
    made = making.made()
    # by the names that the sidecar has
    return drift, {
        "medreward": made.version,
        "recipe": recipe.name,
        "recipe_hash": made.recipe_hash,
        "judge": made.judge,
        **({} if made.scorer is None else {"scorer": made.scorer}),
    }


async def _compare(making: Making, job: _Job, pairs: Iterator[Stored]) -> Drift:
    drift = Drift()
    with counting("rollouts", None) as progress:

        def done(answered: tuple[list[Stored], Reply]) -> None:
            batch, reply = answered
            making.take(reply)
            for pair, result in zip(batch, reply.results, strict=True):
                drift.add(pair.result, result.seen)
            progress(drift.rollouts)

        async def work(batch: list[Stored]) -> tuple[list[Stored], Reply]:
            rollouts = [pair.rollout for pair in batch]
            request = ScoreRequest(recipe=job.recipe, deadline_ms=job.deadline_ms, rollouts=rollouts)
            return batch, await making.score(request)

        await in_order(batched(pairs, job.batch_size), work, done, job.in_flight)
    return drift
