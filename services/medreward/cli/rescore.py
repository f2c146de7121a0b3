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
from medreward.cli.rescore_drift import Drift
from medreward.cli.rescore_report import plain, show
from medreward.cli.rescore_stored import Stored, check_rollouts, only_rollouts, read_sidecar, stored
from medreward.cli.sidecar import sidecar_path
from medreward.cli.types import Reply
from medreward.contract.types import Rollout, ScoreRequest
from medreward.readers import READERS, RESPOND, Options, Source


def rescore(
    rollouts: Annotated[Path, typer.Argument(metavar="ROLLOUTS", help="What was scored, plain or gzipped.")],
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="What 'medreward score --out' made of it.")],
    url: Annotated[str | None, typer.Option(help="Server to ask; without it, scoring happens in this process.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) for scoring in this process.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Name of the recipe; without it, the one of RESULTS, as its .run.json says.")
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
    """
    with one_line():
        if Path("-") in (rollouts, results):
            raise Unusable("- is no file; name one, since rollouts are read twice")
        sidecar = read_sidecar(results)
        name = recipe or _said(sidecar, "recipe")
        if name is None:
            raise Unusable(
                f"--recipe: required, since there is no {sidecar_path(results)} to say how the results were made"
            )
        job = _Job(rollouts, results, sidecar, name, batch_size, deadline_ms, in_flight)
        drift, made = asyncio.run(_run(job, url, config))
        if not drift.rollouts:
            raise Unusable(f"{results}: has no results")
        before = {key: value for key, value in sidecar.items() if key not in ("answered", "input_sha256")}
        show(console.out(), drift, before, made)
        if out is not None:
            write_json(out, {"before": before, "now": made, "drift": plain(drift)})
        if fail_above is not None and drift.share > fail_above:
            raise CliError(f"{drift.share:.4f} of the rewards changed, more than {fail_above:g}")


class _Job(NamedTuple):
    """The command's options, checked, and the sidecar."""

    rollouts: Path
    results: Path
    sidecar: dict[str, Any]
    recipe: str
    batch_size: int
    deadline_ms: int
    in_flight: int

    def read(self, options: Options) -> Iterator[Rollout]:
        """The rollouts, as they were read when they were scored."""
        reader = _said(self.sidecar, "reader") or "rollouts"
        if reader not in READERS:
            raise Unusable(f"{self.results} was made with a reader {reader!r} that is not here")
        return only_rollouts(READERS[reader].read(Source(self.rollouts), options))


async def _run(job: _Job, url: str | None, config: Path | None) -> tuple[Drift, dict[str, Any]]:
    async with open_backend(url, config, job.in_flight) as backend:
        making = await Making.begin(backend, job.deadline_ms)
        recipe = find_recipe(await backend.recipes(), job.recipe)
        respond = next((known for known in RESPOND if known == _said(job.sidecar, "respond")), RESPOND[0])
        options = Options(respond, (await backend.service()).limits)
        check_rollouts(job.read(options), job.sidecar, str(job.rollouts), job.results)
        drift = await _compare(making, job, stored(job.read(options), job.results))
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


def _said(sidecar: dict[str, Any], name: str) -> str | None:
    value = sidecar.get(name)
    return value if isinstance(value, str) else None
