"""What the ingress counts: requests, rewards, and what judge and scorer say of their work in their replies."""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from prometheus_client import CollectorRegistry, generate_latest

from medreward import __version__
from medreward.contract import types as t
from medreward.observability.catalogue import Children, counter, gauge, histogram
from medreward.observability.exposition import node_exposition
from medreward.observability.shared import MULTIPROC_DIR, make_shared_directory
from medreward.scoring.in_place import InPlace

__all__ = ["MULTIPROC_DIR", "Metrics", "make_shared_directory"]

_TOLD = ("queue", "judge", "scorer", "total")
"""stages of which a reply's timing tells; the others are ``parse`` and the components computed in place"""
_STAGES = ("parse", *_TOLD)
_OUTCOMES = ("asked", "short_cuts", "cache_hits", "coalesced", "failed", "swapped")


class Metrics:
    """Counts and latencies of this process; in a cluster, of its node."""

    def __init__(self) -> None:
        """Where ``PROMETHEUS_MULTIPROC_DIR`` is set, :func:`make_shared_directory` must have been called."""
        self._registry = registry = CollectorRegistry()
        self._of = Children()
        self._requests = counter("medreward_requests_total", registry)
        self._clients = counter("medreward_client_requests_total", registry)
        self._in_flight = gauge("medreward_requests_in_flight", registry)
        self._request_seconds = histogram("medreward_request_seconds", registry)
        self._batches = histogram("medreward_batch_rollouts", registry)
        self._waits = gauge("medreward_estimated_wait_seconds", registry)
        self._not_admitted = counter("medreward_admission_refused_total", registry)
        self._rollouts = counter("medreward_rollouts_total", registry)
        self._components = counter("medreward_components_total", registry)
        self._seconds = histogram("medreward_stage_seconds", registry)
        self._values = histogram("medreward_component_value", registry)
        self._value_squares = counter("medreward_component_value_squares_total", registry)
        self._rewards = histogram("medreward_reward", registry)
        self._reward_squares = counter("medreward_reward_squares_total", registry)
        self._judgements = counter("medreward_judgements_total", registry)
        self._judge_calls = counter("medreward_judge_engine_calls_total", registry)
        self._judge_tokens = counter("medreward_judge_tokens_total", registry)
        self._low_references = counter("medreward_judge_low_references_total", registry)
        self._verdicts = counter("medreward_judge_verdicts_total", registry)
        self._scorer_batches = counter("medreward_scorer_batches_total", registry)
        self._build = gauge("medreward_build_info", registry)
        self._judge_known = False
        self._built: tuple[str, ...] | None = None

    @contextmanager
    def in_flight(self, protocol: str, method: str) -> Iterator[None]:
        """Around a request, however it ends."""
        now = self._of(self._in_flight, protocol)
        now.inc()
        arrived = perf_counter()
        try:
            yield
        finally:
            now.dec()
            self._of(self._request_seconds, protocol, method).observe(perf_counter() - arrived)

    def refused(self, protocol: str, code: str) -> None:
        """A request was refused, or its caller left: it was answered by no recipe."""
        self._of(self._requests, protocol, code, "").inc()

    def asked(self, client: str, code: str) -> None:
        """A request of this client came to this end; ``client`` is the name of an API key, or ``anonymous``."""
        self._of(self._clients, client, code).inc()

    def estimated(self, service: str, seconds: float) -> None:
        """How long a request that comes now would wait for this service."""
        self._of(self._waits, service).set(seconds)

    def not_admitted(self, why: str) -> None:
        """A request was refused since it could not be served in time."""
        self._of(self._not_admitted, why).inc()

    def replied(self, protocol: str, response: t.ScoreResponse, in_place: InPlace) -> None:
        """A batch was answered.

        Args:
            protocol: of the door.
            response: all of it.
            in_place: what was worked on here, and how long.
        """
        recipe, timing = response.fingerprint.recipe, response.timing_ms
        self._of(self._requests, protocol, "ok", recipe).inc()
        self._of(self._batches, protocol).observe(len(response.results))
        self._scored(recipe, response.results)
        for stage in _TOLD:
            if (milliseconds := getattr(timing, stage)) is not None:
                self._of(self._seconds, recipe, stage).observe(milliseconds / 1000)
        self._of(self._seconds, recipe, "parse").observe(in_place.parse)
        for name, seconds in in_place.components.items():
            # a recipe may call a component as it likes
            stage = f"{name}_component" if name in _STAGES else name
            self._of(self._seconds, recipe, stage).observe(seconds)
        if (checkpoint := response.fingerprint.scorer.get("checkpoint")) and timing.scorer is not None:
            self._of(self._scorer_batches, checkpoint).inc()
        self._judged(timing.judge_counts)
        self.identified(response.fingerprint.judge, response.fingerprint.scorer)

    def ruled(self, protocol: str, rubric: str, response: t.JudgeResponse) -> None:
        """A request for the judge was answered."""
        self._of(self._requests, protocol, "ok", "").inc()
        for status, count in Tally(verdict.status for verdict in response.verdicts).items():
            self._of(self._verdicts, rubric, status).inc(count)
        self._judged(response.timing_ms.judge_counts)

    def identified(self, judge: Mapping[str, str], scorer: Mapping[str, str]) -> None:
        """What scores now, as the fingerprints of judge and scorer say; empty ones where there is none."""
        named = " ".join(part for key in ("engine", "model", "revision") if (part := judge.get(key)))
        built = (__version__, named, judge.get("prompt_hash", ""), scorer.get("checkpoint", ""))
        if built == self._built:
            return
        if self._built is not None:
            # in a shared directory a series cannot be removed, and its 0 is not shown
            self._build.labels(*self._built).set(0)
            self._build.remove(*self._built)
        self._build.labels(*built).set(1)
        self._built = built

    def _scored(self, recipe: str, results: list[t.Result]) -> None:
        """Counts a batch by the batch: one write a number, however many rollouts it has."""
        statuses: defaultdict[tuple[str, str], int] = defaultdict(int)
        values: defaultdict[str, list[float]] = defaultdict(list)
        rewards = []
        for result in results:
            if result.reward is not None:
                rewards.append(result.reward)
            for name, component in result.components.items():
                statuses[name, component.status] += 1
                if component.value is not None:
                    values[name].append(component.value)
        for outcome, count in (("scored", len(rewards)), ("absent", len(results) - len(rewards))):
            if count:
                self._of(self._rollouts, recipe, outcome).inc(count)
        for (name, status), count in statuses.items():
            self._of(self._components, name, status).inc(count)
        for name, found in values.items():
            self._of(self._values, recipe, name).add(found)
            self._of(self._value_squares, recipe, name).inc(sum(value * value for value in found))
        if rewards:
            self._of(self._rewards, recipe).add(rewards)
            self._of(self._reward_squares, recipe).inc(sum(value * value for value in rewards))

    def _judged(self, counts: t.JudgeCounts | None) -> None:
        """What the judge said of its work comes with the reply, so that it is counted wherever the judge runs."""
        if counts is None:
            return
        for metric, label, count in (
            *((self._judgements, outcome, getattr(counts, outcome)) for outcome in _OUTCOMES),
            (self._judge_calls, "first", counts.engine_calls - counts.retries),
            (self._judge_calls, "again", counts.retries),
            (self._judge_tokens, "prompt", counts.prompt_tokens),
            (self._judge_tokens, "cached", counts.cached_tokens),
            (self._judge_tokens, "completion", counts.completion_tokens),
        ):
            # the first time also by 0: a rate needs a series to begin with
            if count or not self._judge_known:
                self._of(metric, label).inc(count)
        self._judge_known = True
        if counts.low_references:
            self._low_references.inc(counts.low_references)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes; in a cluster, of all processes of the node."""
        if directory := os.environ.get(MULTIPROC_DIR):
            return node_exposition(Path(directory))
        return generate_latest(self._registry)
