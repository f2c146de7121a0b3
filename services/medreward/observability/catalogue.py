"""Every metric name, once: what it counts, its labels, and its buckets.

A process makes those that it writes, by name, with :func:`counter`, :func:`gauge` and :func:`histogram`; each once,
since two of one name would write over each other's file. Names and units are Prometheus' own conventions: base units,
``_total`` for what only grows. Label values are bounded: recipes and components that this service knows, codes and
statuses of the contract, names of API keys.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge

from medreward.observability.bulk import BulkHistogram

Kind = Literal["counter", "gauge", "histogram"]
Mode = Literal["livesum", "livemax", "livemostrecent"]
Metric = TypeVar("Metric", Counter, Gauge, BulkHistogram)

# from a single small rollout to a judged batch at the end of its deadline
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)
# the first bound is 0, which what is below falls under too: without it prometheus_client leaves out the sum
_VALUES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 5, 10)
_REWARDS = (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 10)
_ROLLOUTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_TOKENS = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072)
_POINTS = (0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8)


class Family(NamedTuple):
    """A metric, whatever its labels' values."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """upper bounds of a histogram; infinity is added"""
    mode: Mode = "livesum"
    """of a gauge: how the processes of a node come to one number; those that have ended no longer count"""


FAMILIES: dict[str, Family] = {
    # requests, at the doors
    "medreward_requests_total": Family(
        "counter",
        "Requests by protocol, outcome, and recipe where one was answered by",
        ("protocol", "code", "recipe"),
    ),
    "medreward_client_requests_total": Family(
        "counter", "Requests by the name of the API key, anonymous without one, and outcome", ("client", "code")
    ),
    "medreward_requests_in_flight": Family("gauge", "Requests between arrival and answer", ("protocol",)),
    "medreward_request_seconds": Family(
        "histogram", "Seconds of a request from arrival to answer, refused ones too", ("protocol", "method"), _SECONDS
    ),
    "medreward_batch_rollouts": Family("histogram", "Rollouts of an answered batch", ("protocol",), _ROLLOUTS),
    "medreward_estimated_wait_seconds": Family(
        "gauge", "Seconds that a new request would wait for a service, as estimated", ("service",), mode="livemax"
    ),
    "medreward_admission_refused_total": Family(
        "counter",
        "Requests refused before any work, by the service that has too much before it, or rate_limited",
        ("why",),
    ),
    # rewards
    "medreward_rollouts_total": Family("counter", "Rollouts by recipe: scored, or absent", ("recipe", "outcome")),
    "medreward_components_total": Family("counter", "Components by name and status", ("component", "status")),
    "medreward_stage_seconds": Family("histogram", "Seconds of a batch by stage", ("recipe", "stage"), _SECONDS),
    "medreward_component_value": Family(
        "histogram", "Values of a component whose status is ok", ("recipe", "component"), _VALUES
    ),
    "medreward_component_value_squares_total": Family(
        "counter", "Sum of the squares of those values, for their spread", ("recipe", "component")
    ),
    "medreward_reward": Family("histogram", "Rewards that are present", ("recipe",), _REWARDS),
    "medreward_reward_squares_total": Family(
        "counter", "Sum of the squares of those rewards, for their spread", ("recipe",)
    ),
    # the judge, as its replies tell the ingress
    "medreward_judgements_total": Family("counter", "Judgements by what became of them", ("outcome",)),
    "medreward_judge_engine_calls_total": Family(
        "counter", "Calls of the judge's engine: first, or asked again", ("attempt",)
    ),
    "medreward_judge_tokens_total": Family(
        "counter", "Tokens of the judge's engine: read, of those cached, written", ("kind",)
    ),
    "medreward_judge_low_references_total": Family("counter", "Verdicts that score the reference itself low"),
    "medreward_judge_verdicts_total": Family(
        "counter", "Verdicts that /v1/judge was asked for by rubric, and their status", ("rubric", "status")
    ),
    # the judge's own process
    "medreward_judge_queue": Family("gauge", "Judgements before the engine, waiting, and in it, inside", ("state",)),
    "medreward_judge_margin": Family(
        "histogram", "Points between the scores' difference and the border between 1 and 0", buckets=_POINTS
    ),
    "medreward_judge_canary_pass_ratio": Family(
        "gauge",
        "Share of the canaries of a kind that the judge passed in the last run; an absent verdict is not passed",
        ("kind",),
        mode="livemostrecent",
    ),
    "medreward_judge_canary_last_run_timestamp_seconds": Family(
        "gauge", "When the suite was last run, by what was expected of the judge", ("expect",), mode="livemostrecent"
    ),
    # the scorer
    "medreward_scorer_batches_total": Family(
        "counter", "Batches that the trajectory scorer was asked about, by the hash of its checkpoint", ("checkpoint",)
    ),
    "medreward_scorer_queue": Family("gauge", "Trajectories that wait for a forward"),
    "medreward_scorer_forward_seconds": Family("histogram", "Seconds of a forward", buckets=_SECONDS),
    "medreward_scorer_batch_tokens": Family("histogram", "Tokens of a forward, without padding", buckets=_TOKENS),
    # the audit log
    "medreward_audit_records_total": Family("counter", "Records of the audit log: written, or dropped", ("outcome",)),
    "medreward_audit_waiting": Family("gauge", "Records of the audit log that wait to be written"),
    # what this is
    "medreward_build_info": Family(
        "gauge",
        "1 for what scores now: version, judge and the hash of its prompt, checkpoint of the scorer",
        ("version", "judge", "judge_prompt", "scorer"),
        mode="livemax",
    ),
    "medreward_ray_scrape_up": Family("gauge", "1 if Ray's own metrics of this pod are in this page, else 0"),
}


def counter(name: str, registry: CollectorRegistry) -> Counter:
    """The counter of that name, ready to count. Raises KeyError when the catalogue has none."""
    family = _family(name, "counter")
    return Counter(name, family.help, family.labels, registry=registry)


def gauge(name: str, registry: CollectorRegistry) -> Gauge:
    """The gauge of that name. Raises KeyError as :func:`counter`."""
    family = _family(name, "gauge")
    return Gauge(name, family.help, family.labels, registry=registry, multiprocess_mode=family.mode)


def histogram(name: str, registry: CollectorRegistry) -> BulkHistogram:
    """The histogram of that name. Raises KeyError as :func:`counter`."""
    family = _family(name, "histogram")
    return BulkHistogram(name, family.help, family.labels, registry=registry, buckets=family.buckets)


class Children:
    """Metrics by their labels' values, found faster than by ``labels``, which a small request would feel."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, tuple[str, ...]], Any] = {}

    def __call__(self, metric: Metric, *labels: str) -> Metric:
        """The metric with these values of its labels."""
        child: Metric | None = self._known.get((metric, labels))
        if child is None:
            child = self._known[metric, labels] = metric.labels(*labels)
        return child


def _family(name: str, kind: Kind) -> Family:
    family = FAMILIES[name]
    if family.kind != kind:
        raise KeyError(f"{name} is a {family.kind}, not a {kind}")
    return family
