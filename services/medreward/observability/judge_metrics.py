"""What the judge's own process tells: how many judgements wait, and how near to the border its verdicts are."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from medreward.observability.catalogue import gauge, histogram


class JudgeMetrics:
    """See :class:`medreward.judge.types.Meter`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        queue = gauge("medreward_judge_queue", registry)
        self._waiting, self._inside = queue.labels("waiting"), queue.labels("inside")
        self._told = (0, 0)
        self._margin = histogram("medreward_judge_margin", registry)

    def queue(self, waiting: int, inside: int) -> None:
        """So many calls wait for the engine, and so many are in it, from now on."""
        # at every judgement: what has not changed is not written
        if waiting != self._told[0]:
            self._waiting.set(waiting)
        if inside != self._told[1]:
            self._inside.set(inside)
        self._told = (waiting, inside)

    def margins(self, points: Sequence[float]) -> None:
        """The margins of a batch's rulings."""
        self._margin.add(points)
