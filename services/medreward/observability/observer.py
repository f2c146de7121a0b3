"""What the doors tell of their requests, once: everything that watches them listens here and nowhere else.

A door opens a :class:`Call` around each request. What a watcher does with it (count, trace, log, keep for an audit) is
in a file of its own beside this one; none of it may change an answer, or make a request wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from medreward.contract import types as t
from medreward.contract.errors import ErrorCode
from medreward.observability.metrics import Metrics


class Call:
    """One request between its arrival and its answer."""

    def __init__(self, observer: Observer, protocol: str, method: str, carrier: Mapping[str, str]) -> None:
        self._observer = observer
        self.protocol = protocol
        self.method = method
        self.carrier = carrier
        """headers of HTTP or metadata of gRPC, names in lower case"""

    def scored(self, request: t.ScoreRequest, response: t.ScoreResponse) -> None:
        """A batch was answered."""
        self._observer.metrics.replied(self.protocol, response)

    def ruled(self, request: t.JudgeRequest, response: t.JudgeResponse) -> None:
        """A request for the judge was answered."""
        self._observer.metrics.ruled(self.protocol, request.rubric, response)


class Observer:
    """Watches the requests of both doors of a process."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self.metrics = metrics or Metrics()

    @contextmanager
    def call(self, protocol: str, method: str, carrier: Mapping[str, str]) -> Iterator[Call]:
        """Around a request that may be answered; what it raises goes through.

        Args:
            protocol: ``http`` or ``grpc``.
            method: ``score``, ``score_one``, ``score_stream`` or ``judge``.
            carrier: headers or metadata, names in lower case.
        """
        yield Call(self, protocol, method, carrier)

    def refused(self, protocol: str, code: ErrorCode) -> None:
        """A request was refused, whether or not a :meth:`call` was open for it."""
        self.metrics.refused(protocol, code.value)
