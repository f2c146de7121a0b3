"""One run of ``medreward score``: from the input, through a backend, to the file of results and the summary."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from medreward.cli import console
from medreward.cli.backend import find_recipe, open_backend
from medreward.cli.batches import batched, in_order
from medreward.cli.errors import CliError, Unusable
from medreward.cli.output import ResultFile
from medreward.cli.progress import counting
from medreward.cli.seen_judge import SeenJudge, of_service
from medreward.cli.seen_scorer import SeenScorer
from medreward.cli.sidecar import RunMade
from medreward.cli.summary import Tally, Time, print_summary
from medreward.cli.types import Reply, SeenResult
from medreward.contract.types import Rollout, ScoreRequest
from medreward.readers import READERS, Options, Respond, Skipped, Source


class Job(NamedTuple):
    """The command's options, checked."""

    source: Source
    reader: str
    respond: Respond
    recipe: str
    url: str | None
    config: Path | None
    out: Path | None
    batch_size: int
    deadline_ms: int
    explain: bool
    limit: int | None
    in_flight: int


class _Seen(NamedTuple):
    """What scores beside the pipeline, as far as replies tell."""

    judge: SeenJudge
    scorer: SeenScorer


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
            service = await backend.service()
            if job.deadline_ms > service.limits.deadline_ms:
                raise Unusable(f"--deadline-ms: at most {service.limits.deadline_ms} are taken, not {job.deadline_ms}")
            recipe = find_recipe(await backend.recipes(), job.recipe)
            made = RunMade(service.version, recipe.name, recipe.hash, job.explain, job.reader, job.respond)
            tally = Tally(recipe)
            read = READERS[job.reader].read(job.source, Options(job.respond, service.limits))
            rollouts = _count_skipped(read, tally)

            def kept(result: SeenResult) -> None:
                tally.add(result)
                self.done += 1

            with ExitStack() as stack:
                out, judge, scorer = None, of_service(service), None
                if job.out is not None:
                    out = stack.enter_context(ResultFile(job.out, job.source, made, judge))
                    rollouts, judge, scorer = out.take_up(rollouts, recipe, kept), out.judge, out.scorer
                if job.limit is not None:
                    rollouts = itertools.islice(rollouts, max(0, job.limit - self.done))
                self.scoring = True
                seen = _Seen(SeenJudge(backend, judge), SeenScorer(scorer))
                spent = await self._score(seen, made, rollouts, out, tally)
        print_summary(console.out(), tally, spent)

    async def _score(
        self, seen: _Seen, made: RunMade, rollouts: Iterator[Rollout], out: ResultFile | None, tally: Tally
    ) -> Time:
        job, kept, started = self.job, self.done, time.monotonic()
        with counting("rollouts", job.limit, kept) as progress:

            def done(answered: tuple[list[Rollout], Reply]) -> None:
                batch, reply = answered
                _check_same(made, tally, reply)
                _check_services(seen, reply, job.out if kept else None)
                if out is not None:
                    out.write(batch, [result.json for result in reply.results], seen.judge.known, seen.scorer.known)
                tally.add_judge(reply.judge_counts)
                for result in reply.results:
                    tally.add(result.seen)
                self.done += len(batch)
                progress(self.done)

            async def work(batch: list[Rollout]) -> tuple[list[Rollout], Reply]:
                return batch, await seen.judge.score(self._request(batch))

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


def _check_same(made: RunMade, tally: Tally, reply: Reply) -> None:
    weights = tally.recipe.weights
    if reply.recipe_hash != made.recipe_hash or any(result.seen.weights != weights for result in reply.results):
        raise CliError(f"the server's recipe {made.recipe} has changed meanwhile")
    if reply.version != made.medreward:
        raise CliError(f"the server was medreward {made.medreward} and is {reply.version} now")


def _check_services(seen: _Seen, reply: Reply, kept_in: Path | None) -> None:
    for name, service in (("judge", seen.judge), ("scorer", seen.scorer)):
        first = not service.told
        if not (differing := "; ".join(service.take(reply))):
            continue
        if kept_in is not None and first:
            raise Unusable(f"{kept_in} was made with {differing}; name another --out")
        raise CliError(f"the {name} has changed meanwhile: {differing}")


def _count_skipped(rows: Iterator[Rollout | Skipped], tally: Tally) -> Iterator[Rollout]:
    for row in rows:
        if isinstance(row, Skipped):
            tally.skipped[row.reason] += 1
        else:
            yield row
