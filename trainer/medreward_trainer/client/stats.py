"""Counters and latency of a client, for the logs of a run."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

import msgspec

from medreward.contract import STATUSES
from medreward_trainer.client.types import OUT_OF_SERVICE, Scored


class ClientStats(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot. Counters count from the client's start."""

    requests: int
    """sent, retries included"""
    rollouts: int
    """calls that came to an end: with a reply, unscored or refused"""
    sent: int
    """rollouts in all requests, retries included"""
    scored: int
    """calls with a reward"""
    absent: Mapping[str, int]
    """calls whose reply has no reward, by the status of the component that is missing"""
    unscored: Mapping[str, int]
    """calls without a reply, by status"""
    retries: Mapping[str, int]
    """attempts that were followed by another one, by status"""
    refused: int
    """calls that raised :class:`~medreward_trainer.client.RequestRefused`"""
    circuit_opened: int
    """times that the service was found gone"""
    latency_p50_s: float | None
    """seconds from a call to its end, over the last calls; None before the first"""
    latency_p95_s: float | None
    latency_max_s: float | None

    @property
    def coalescing(self) -> float | None:
        """Rollouts a request; None before the first request."""
        return self.sent / self.requests if self.requests else None

    def flat(self) -> dict[str, float]:
        """One number a key, the same keys every time but for what has no value yet, which is left out."""
        numbers: dict[str, float | None] = {
            "requests": self.requests,
            "rollouts": self.rollouts,
            "scored": self.scored,
            "refused": self.refused,
            "circuit_opened": self.circuit_opened,
            "rollouts_per_request": self.coalescing,
            "latency_s/p50": self.latency_p50_s,
            "latency_s/p95": self.latency_p95_s,
            "latency_s/max": self.latency_max_s,
        }
        for name in ("absent", "unscored", "retries"):
            numbers |= {f"{name}/{status}": count for status, count in getattr(self, name).items()}
        return {name: float(number) for name, number in numbers.items() if number is not None}


class Tally:
    """What is counted while a client works."""

    def __init__(self, window: int) -> None:
        self.requests = self.sent = self.ended = self.scored = self.refused = 0
        self.absent: Counter[str] = Counter()
        self.unscored: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self.latencies: deque[float] = deque(maxlen=window)

    def request(self, rollouts: int) -> None:
        """A request leaves."""
        self.requests += 1
        self.sent += rollouts

    def end(self, outcome: Scored | Exception, seconds: float) -> None:
        """A call got its result, or an error."""
        self.ended += 1
        self.latencies.append(seconds)
        if isinstance(outcome, Exception):
            self.refused += 1
        elif outcome.unscored:
            self.unscored[outcome.unscored] += 1
        elif outcome.result.reward is None:
            self.absent[outcome.status] += 1
        else:
            self.scored += 1

    def snapshot(self, circuit_opened: int) -> ClientStats:
        """What was counted until now."""
        ordered = sorted(self.latencies)
        return ClientStats(
            requests=self.requests,
            rollouts=self.ended,
            sent=self.sent,
            scored=self.scored,
            absent=_by(self.absent, (*STATUSES[1:], "none")),
            unscored=_by(self.unscored, OUT_OF_SERVICE),
            retries=_by(self.retries, OUT_OF_SERVICE),
            refused=self.refused,
            circuit_opened=circuit_opened,
            latency_p50_s=_at(ordered, 0.50),
            latency_p95_s=_at(ordered, 0.95),
            latency_max_s=_at(ordered, 1.0),
        )


def _by(counts: Counter[str], statuses: Sequence[str]) -> dict[str, int]:
    return {status: counts[status] for status in statuses}


def _at(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
