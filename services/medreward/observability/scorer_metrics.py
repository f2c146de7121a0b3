"""What the scorer's own process tells: how many trajectories wait, and what its forwards take."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from medreward.observability.catalogue import gauge, histogram


class ScorerMetrics:
    """See :class:`medreward.scorer.types.Meter`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._queue = gauge("medreward_scorer_queue", registry)
        self._seconds = histogram("medreward_scorer_forward_seconds", registry)
        self._tokens = histogram("medreward_scorer_batch_tokens", registry)

    def waiting(self, trajectories: int) -> None:
        """So many wait for a forward from now on."""
        self._queue.set(trajectories)

    def forward(self, seconds: float, tokens: int) -> None:
        """A forward ended, whatever came of it."""
        self._seconds.observe(seconds)
        self._tokens.observe(tokens)
