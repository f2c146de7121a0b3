"""The metrics of the ingress.

In a cluster every replica is a process of its own and a scrape reaches any of them, so where
``PROMETHEUS_MULTIPROC_DIR`` is set the replicas of a node share their counts through files there.
"""

from __future__ import annotations

import os
from collections import Counter as Tally
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from medreward.contract import types as t

MULTIPROC_DIR = "PROMETHEUS_MULTIPROC_DIR"

# from a single small rollout to a judged batch at the end of its deadline
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)


def make_shared_directory() -> None:
    """The directory of ``PROMETHEUS_MULTIPROC_DIR``, where that is set: prometheus_client wants it to be there."""
    if directory := os.environ.get(MULTIPROC_DIR):
        Path(directory).mkdir(parents=True, exist_ok=True)


class Metrics:
    """Counts and latencies. The labels are bounded: known recipes and rewards, codes and statuses of the contract."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter(
            "medreward_requests", "Requests by protocol and outcome", ["protocol", "code"], registry=registry
        )
        self._rollouts = Counter(
            "medreward_rollouts", "Rollouts by recipe: scored, or absent", ["recipe", "outcome"], registry=registry
        )
        self._components = Counter(
            "medreward_components", "Components by name and status", ["component", "status"], registry=registry
        )
        self._judgements = Counter(
            "medreward_judgements", "Judgements by what became of them", ["outcome"], registry=registry
        )
        self._judge_calls = Counter(
            "medreward_judge_engine_calls",
            "Calls of the judge's engine: first, or asked again",
            ["attempt"],
            registry=registry,
        )
        self._judge_tokens = Counter(
            "medreward_judge_tokens",
            "Tokens of the judge's engine: read, of those cached, written",
            ["kind"],
            registry=registry,
        )
        self._low_references = Counter(
            "medreward_judge_low_references", "Verdicts that score the reference itself low", registry=registry
        )
        self._verdicts = Counter(
            "medreward_judge_verdicts",
            "Verdicts that /v1/judge was asked for by rubric, and their status",
            ["rubric", "status"],
            registry=registry,
        )
        self._scorer_batches = Counter(
            "medreward_scorer_batches",
            "Batches that the trajectory scorer was asked about, by the hash of its checkpoint",
            ["checkpoint"],
            registry=registry,
        )
        self._seconds = Histogram(
            "medreward_stage_seconds",
            "Seconds of a batch by stage",
            ["recipe", "stage"],
            buckets=_SECONDS,
            registry=registry,
        )

    def refused(self, protocol: str, code: str) -> None:
        """A request was refused."""
        self._requests.labels(protocol, code).inc()

    def replied(self, protocol: str, response: t.ScoreResponse) -> None:
        """A batch was answered."""
        self._requests.labels(protocol, "ok").inc()
        recipe, timing = response.fingerprint.recipe, response.timing_ms
        scored = sum(result.reward is not None for result in response.results)
        for outcome, count in (("scored", scored), ("absent", len(response.results) - scored)):
            if count:
                self._rollouts.labels(recipe, outcome).inc(count)
        tally = Tally((name, c.status) for result in response.results for name, c in result.components.items())
        for (name, status), count in tally.items():
            self._components.labels(name, status).inc(count)
        for stage in ("queue", "deterministic", "judge", "scorer", "total"):
            if (milliseconds := getattr(timing, stage)) is not None:
                self._seconds.labels(recipe, stage).observe(milliseconds / 1000)
        if (checkpoint := response.fingerprint.scorer.get("checkpoint")) and timing.scorer is not None:
            self._scorer_batches.labels(checkpoint).inc()
        self._judged(timing.judge_counts)

    def ruled(self, protocol: str, rubric: str, response: t.JudgeResponse) -> None:
        """A request for the judge was answered."""
        self._requests.labels(protocol, "ok").inc()
        for status, count in Tally(verdict.status for verdict in response.verdicts).items():
            self._verdicts.labels(rubric, status).inc(count)
        self._judged(response.timing_ms.judge_counts)

    def _judged(self, counts: t.JudgeCounts | None) -> None:
        """What the judge said of its work comes with the reply, so that it is counted wherever the judge runs."""
        if counts is None:
            return
        for outcome in ("asked", "short_cuts", "cache_hits", "coalesced", "failed", "swapped"):
            self._judgements.labels(outcome).inc(getattr(counts, outcome))
        self._judge_calls.labels("first").inc(counts.engine_calls - counts.retries)
        self._judge_calls.labels("again").inc(counts.retries)
        self._judge_tokens.labels("prompt").inc(counts.prompt_tokens)
        self._judge_tokens.labels("cached").inc(counts.cached_tokens)
        self._judge_tokens.labels("completion").inc(counts.completion_tokens)
        self._low_references.inc(counts.low_references)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        if MULTIPROC_DIR in os.environ:
            gathered = CollectorRegistry()
            MultiProcessCollector(gathered)  # type: ignore[no-untyped-call]
            return generate_latest(gathered)
        return generate_latest(self._registry)
