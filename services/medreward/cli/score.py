"""``medreward score``: a file of rollouts -> a file of results and a summary."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from medreward.cli.errors import CliError, Interrupted, Unusable, one_line
from medreward.cli.run import Job, Run
from medreward.readers import READERS, ReaderError, Respond, Source


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
    after them, so a run that stopped is taken up by the same command. How its results were made is kept beside it,
    with .run.json after its name. A summary is printed at the end.

    \b
    Example:
      medreward score rollouts.jsonl --recipe gemex --out results.jsonl --url http://127.0.0.1:8000
    """
    with one_line():
        job = Job(
            source=Source(file),
            reader=_checked(reader, respond),
            respond=respond or "reference",
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
        run = Run(job)
        try:
            asyncio.run(run.all())
        except ReaderError as error:
            raise Unusable(f"{error}; {run.how_to_go_on('once it is mended, ')}") from None
        except CliError as error:
            if not run.scoring:
                raise
            when = "once it is mended, " if isinstance(error, Unusable) else ""
            raise type(error)(f"{error}; {run.how_to_go_on(when)}") from None
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; {run.how_to_go_on()}") from None


def _checked(reader: str, respond: Respond | None) -> str:
    if reader not in READERS:
        raise Unusable(f"--reader: there is no reader {reader!r}, there are {', '.join(READERS)}")
    if respond and not READERS[reader].writes_responses:
        raise Unusable(f"--respond: what {reader} reads has responses of its own")
    return reader
