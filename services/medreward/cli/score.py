"""``medreward score``: a file of rollouts -> a file of results and a summary."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from medreward.cli import console
from medreward.cli.backend import Backend, find_recipe, open_backend
from medreward.cli.batches import batched, in_order
from medreward.cli.errors import CliError, Interrupted, Unusable, one_line
from medreward.cli.output import ResultFile
from medreward.cli.summary import Tally, Time, print_summary
from medreward.cli.types import decode_result
from medreward.config import load_settings
from medreward.contract.codec import Limits
from medreward.contract.types import Rollout, ScoreRequest
from medreward.readers import READERS, Options, Reader, ReaderError, Respond, Skipped, Source

_NO_LIMIT = 2**62
# the server has limits of its own, and says when a request is beyond them
_SERVERS_LIMITS = Limits(rollouts=_NO_LIMIT, text_chars=_NO_LIMIT, regions=_NO_LIMIT, choices=_NO_LIMIT)


class _Job(NamedTuple):
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


def score(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rollouts, plain or gzipped; - is the standard input.")],
    recipe: Annotated[str, typer.Option(help="Name of the recipe; 'medreward recipes' lists them.")],
    url: Annotated[str | None, typer.Option(help="Server to ask; without it, scoring happens in this process.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the results; scoring goes on where it ends.")] = None,
    reader: Annotated[str, typer.Option(help=f"What FILE holds: {', '.join(READERS)}.")] = "rollouts",
    respond: Annotated[
        Respond | None,
        typer.Option(
            help="For data sets without policy outputs: write the right answer (reference, the default) or a wrong one."
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Rollouts in a request.")] = 256,
    deadline_ms: Annotated[int, typer.Option(min=1, help="Milliseconds that a batch may take.")] = 10_000,
    explain: Annotated[bool, typer.Option("--explain", help="Put evidence and the parsed response in --out.")] = False,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) for scoring in this process.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Score only the first rollouts of FILE.")] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=256, help="Requests to the server at a time.")] = 4,
) -> None:
    """Score a file of rollouts by a recipe.

    Each line of FILE is a Rollout of the contract (or a row of a public data set, with --reader). --out gets one
    result a line, in the same order, a batch at a time; when it exists, its results are kept and scoring goes on
    after them, so a run that stopped is taken up by the same command. A summary is printed at the end.

    \b
    Example:
      medreward score rollouts.jsonl --recipe gemex --out results.jsonl --url http://127.0.0.1:8000
    """
    with one_line():
        job = _Job(
            source=Source(file),
            reader=_reader(reader, respond),
            options=Options(respond or "reference", _limits(url, config)),
            recipe=recipe,
            url=url,
            config=config,
            out=out,
            batch_size=batch_size,
            deadline_ms=deadline_ms,
            explain=explain,
            limit=limit,
            in_flight=in_flight,
        )
        job.source.check()
        run = _Run(job)
        try:
            asyncio.run(run.all())
        except ReaderError as error:
            raise Unusable(f"{error}; {run.how_to_go_on('mend it')}") from None
        except CliError as error:
            if run.scoring:
                raise type(error)(f"{error}; {run.how_to_go_on('then')}") from None
            raise
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; {run.how_to_go_on('to go on')}") from None


def _reader(name: str, respond: Respond | None) -> Reader:
    if name not in READERS:
        raise Unusable(f"--reader: there is no reader {name!r}, there are {', '.join(READERS)}")
    reader = READERS[name]
    if respond and not reader.writes_responses:
        raise Unusable(f"--respond: what {name} reads has responses of its own")
    return reader


def _limits(url: str | None, config: Path | None) -> Limits:
    if url is None:
        return load_settings(config).limits.for_codec()
    if config is not None:
        raise Unusable("--config: the server at --url has settings of its own; give one of the two")
    return _SERVERS_LIMITS


class _Run:
    """One run of the command."""

    def __init__(self, job: _Job) -> None:
        self.job = job
        self.scoring = False
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

            def done(results: list[bytes]) -> None:
                seen = [decode_result(result) for result in results]
                if out is not None:
                    out.write(results)
                for result in seen:
                    tally.add(result)
                self.done += len(results)
                progress.update(task, completed=self.done)

            def work(batch: list[Rollout]) -> asyncio.Future[list[bytes]]:
                return asyncio.ensure_future(backend.score(self._request(batch)))

            await in_order(batched(rollouts, job.batch_size), work, done, job.in_flight)
        return Time(self.done - kept, time.monotonic() - started)

    def _request(self, rollouts: list[Rollout]) -> ScoreRequest:
        job = self.job
        return ScoreRequest(recipe=job.recipe, deadline_ms=job.deadline_ms, explain=job.explain, rollouts=rollouts)

    def how_to_go_on(self, first: str) -> str:
        """What the user has, and what to do for the rest."""
        if self.job.out is None:
            return f"{self.done} were scored; with --out a run can be taken up where it stopped"
        return f"{self.done} results are in {self.job.out}; {first}, run the same command again"


def _count_skipped(rows: Iterator[Rollout | Skipped], tally: Tally) -> Iterator[Rollout]:
    for row in rows:
        if isinstance(row, Skipped):
            tally.skipped[row.reason] += 1
        else:
            yield row
