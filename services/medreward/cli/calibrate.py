"""``medreward calibrate``: the judge against answers that somebody has labelled."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from medreward.cli import console
from medreward.cli.backend import open_backend
from medreward.cli.calibrate_readers import LABEL_READERS, Choice, Labelled, chosen
from medreward.cli.calibrate_report import of_verdicts, show
from medreward.cli.errors import CliError, Unusable, one_line
from medreward.cli.judging import Ask, SeenVerdict, judged
from medreward.cli.making import Made, Making
from medreward.cli.report_file import write_json
from medreward.cli.seen_judge import shown
from medreward.contract.types import Reference, Rollout
from medreward.readers import Skipped, Source


def calibrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Labelled answers, plain or gzipped; - is stdin.")],
    url: Annotated[str | None, typer.Option(help="Server to ask; without it, this process judges.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) for judging in this process.")] = None,
    reader: Annotated[str, typer.Option(help=f"What FILE holds: {', '.join(LABEL_READERS)}.")] = "lines",
    system: Annotated[
        list[str] | None, typer.Option(help="Only this system's answers (evouna, medrbench); may be repeated.")
    ] = None,
    labels: Annotated[str | None, typer.Option(help="Whose labels (medrbench): gpt, gemma, agreed.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first labelled answers.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the report (JSON); it is written anew.")] = None,
    deadline_ms: Annotated[int, typer.Option(min=1, help="Milliseconds that a batch may take.")] = 60_000,
    batch_size: Annotated[int, typer.Option(min=1, help="Answers in a request.")] = 256,
    in_flight: Annotated[int, typer.Option(min=1, max=256, help="Requests to the server at a time.")] = 4,
) -> None:
    """Compare the judge's verdicts on open answers with labels.

    Each line of FILE is {"question", "reference", "candidate", "label"}, with "context" where there is one; the label
    is 1 or 0, true or false, A or B (C, uncertain, is left out). Printed are agreement, Cohen's kappa with its 95 %
    interval, precision and recall of "right", and the confusion table. Answers without a verdict are no disagreement:
    they are left out, and said.

    \b
    Example:
      medreward calibrate labelled.jsonl --url http://127.0.0.1:8000
    """
    with one_line():
        choice = chosen(reader, system or [], labels)
        rows, skipped = _read(Source(file), reader, choice, limit)
        if not rows:
            raise Unusable(f"{file}: has no labelled answer that can be used{_why(skipped)}")
        ask = Ask(deadline_ms, batch_size=batch_size, in_flight=in_flight)
        verdicts, made = asyncio.run(_ask(url, config, rows, ask))
        found = of_verdicts(rows, _combined(rows, verdicts), skipped)
        console.out().print(f"Judge: {shown(made.judge)}", soft_wrap=True)
        show(console.out(), found)
        if out is not None:
            write_json(
                out, {"made": made.plain(), "reader": reader, "choice": choice._asdict(), "report": found.plain()}
            )
        if not found.agreement.n:
            raise CliError(f"there is no verdict to compare: {found.example}")


def _read(source: Source, reader: str, choice: Choice, limit: int | None) -> tuple[list[Labelled], Counter[str]]:
    # here, not above: --help should not wait for the rewards
    from medreward.judge.canary.written import carried, written

    rows: list[Labelled] = []
    skipped = Counter[str]()
    for row in LABEL_READERS[reader].read(source, choice):
        if isinstance(row, Skipped):
            skipped[row.reason] += 1
        elif not carried(written(row.candidate), row.candidate):
            # it would be scored 0 by the parser, which is no verdict of the judge
            skipped["the answer has tags or turn markers that the parser takes for its own"] += 1
        else:
            rows.append(row)
            if len(rows) == limit:
                break
    return rows, skipped


async def _ask(url: str | None, config: Path | None, rows: list[Labelled], ask: Ask) -> tuple[list[SeenVerdict], Made]:
    rollouts = [rollout for row in rows for rollout in _rollouts(row)]
    async with open_backend(url, config, ask.in_flight) as backend:
        making = await Making.begin(backend, ask.deadline_ms)
        return await judged(making, rollouts, len(rollouts), ask, "answers"), making.made()


def _rollouts(row: Labelled) -> list[Rollout]:
    from medreward.judge.canary.written import written

    return [
        Rollout(
            id=f"{row.place}#{number}",
            group_id=row.group,
            question=row.question,
            question_type="open_ended",
            context=row.context or None,
            response=written(row.candidate),
            reference=Reference(reference),
        )
        for number, reference in enumerate(row.references)
    ]


def _combined(rows: list[Labelled], verdicts: list[SeenVerdict]) -> list[SeenVerdict]:
    """One a row: right by any of its references; absent when none says so and one of them is absent."""
    rest = iter(verdicts)
    combined = []
    for row in rows:
        given = [next(rest) for _ in row.references]
        right = [verdict for verdict in given if verdict.value == 1.0]
        absent = [verdict for verdict in given if verdict.value is None]
        combined.append((right or absent or given)[0])
    return combined


def _why(skipped: Counter[str]) -> str:
    return "".join(f"; skipped {count}: {reason}" for reason, count in skipped.most_common())
