"""One run of ``medreward score``: from the input, through a backend, to the file of results and the summary."""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from medreward.cli import console
from medreward.cli.backend import Backend, find_recipe, open_backend
from medreward.cli.batches import batched, in_order
from medreward.cli.errors import CliError
from medreward.cli.output import ResultFile
from medreward.cli.summary import Tally, Time, print_summary
from medreward.cli.types import Scored
from medreward.contract.types import Rollout, ScoreRequest
from medreward.readers import Options, Reader, Skipped, Source


class Job(NamedTuple):
    """The command's options, checked."""

    source: Source
    reader: Reader
    options: Options
    recipe: str
    url: str | None
    config: Path | None
    out: Path | None
    batch_size: int
    deadline_ms: int
    explain: bool
    limit: int | None
    in_flight: int


class Run:
    """One run of the command."""

    def __init__(self, job: Job) -> None:
        """Nothing is read yet."""
        self.job = job
        self.scoring = False
        """whether what was given has been found to make sense"""
        self.done = 0
        """results in the file, kept and new"""

    async def all(self) -> None:
        """From the input to the summary. Raises ReaderError and CliError with everything before it written."""
        job = self.job
        async with open_backend(job.url, job.config, job.in_flight) as backend:
            recipe = find_recipe(await backend.recipes(), job.recipe)
            tally = Tally(recipe)
            rollouts = _count_skipped(job.reader.read(job.source, job.options), tally)
            with ExitStack() as stack:
                out = stack.enter_context(ResultFile(job.out, job.source.path)) if job.out else None
                if out is not None:
                    for kept in out.take_up(rollouts, recipe):
                        tally.add(kept)
                        self.done += 1
                if job.limit is not None:
                    rollouts = itertools.islice(rollouts, max(0, job.limit - self.done))
                self.scoring = True
                spent = await self._score(backend, rollouts, out, tally)
        print_summary(console.out(), tally, spent)

    async def _score(self, backend: Backend, rollouts: Iterator[Rollout], out: ResultFile | None, tally: Tally) -> Time:
        job, kept, started = self.job, self.done, time.monotonic()
        err = console.err()
        columns = (SpinnerColumn(), TextColumn("rollouts"), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
            task = progress.add_task("", total=job.limit, completed=kept)

            def done(results: list[Scored]) -> None:
                if any(result.seen.weights != tally.recipe.weights for result in results):
                    raise CliError(f"the server's recipe {tally.recipe.name} has changed meanwhile")
                if out is not None:
                    out.write(result.json for result in results)
                for result in results:
                    tally.add(result.seen)
                self.done += len(results)
                progress.update(task, completed=self.done)

            def work(batch: list[Rollout]) -> Awaitable[list[Scored]]:
                return backend.score(self._request(batch))

            await in_order(batched(rollouts, job.batch_size), work, done, job.in_flight)
        return Time(self.done - kept, time.monotonic() - started)

    def _request(self, rollouts: list[Rollout]) -> ScoreRequest:
        job = self.job
        return ScoreRequest(recipe=job.recipe, deadline_ms=job.deadline_ms, explain=job.explain, rollouts=rollouts)

    def how_to_go_on(self, when: str = "") -> str:
        """What the user has, and what to do for the rest."""
        if self.job.out is None:
            return f"{self.done} were scored; with --out a run can be taken up where it stopped"
        return f"{self.done} results are in {self.job.out}; {when}the same command goes on from there"


def _count_skipped(rows: Iterator[Rollout | Skipped], tally: Tally) -> Iterator[Rollout]:
    for row in rows:
        if isinstance(row, Skipped):
            tally.skipped[row.reason] += 1
        else:
            yield row
