"""What the doors tell of their requests, once: everything that watches them listens here and nowhere else.

A door opens a :class:`Call` around each request. What a watcher does with it (count, trace, log, keep for an audit) is
in a file of its own beside this one; none of it may change an answer, or make a request wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from medreward.contract import types as t
from medreward.contract.errors import ErrorCode
from medreward.observability.audit.ingress import Asked, Audit
from medreward.observability.logs_access import Watched, Watcher
from medreward.observability.metrics import Metrics
from medreward.observability.request_id import current
from medreward.scoring.in_place import InPlace
from medreward.scoring.trail import Trail

CANCELLED = "cancelled"
"""in place of a code: the caller left before the answer"""


class Call:
    """One request between its arrival and its answer."""

    def __init__(
        self, observer: Observer, protocol: str, method: str, carrier: Mapping[str, str], watched: Watched
    ) -> None:
        self._observer = observer
        self._watched = watched
        self.protocol = protocol
        self.method = method
        self.carrier = carrier
        """headers of HTTP or metadata of gRPC, names in lower case"""
        self.in_place = InPlace()
        """for the pipeline to fill in"""
        self.trail = None if observer.audit is None else Trail()
        """for the pipeline, or the desk, to fill in; None where nobody keeps it"""
        self._request = current()
        self.answered = False

    def scored(self, request: t.ScoreRequest, response: t.ScoreResponse) -> None:
        """A batch was answered."""
        self.answered = True
        self._observer.metrics.replied(self.protocol, response, self.in_place)
        self._observer.metrics.asked(_client(), "ok")
        self._watched.scored(request, response)
        if self._observer.audit is not None and self.trail is not None:
            self._observer.audit.scored(self._asked(), request, response, self.trail)

    def ruled(self, request: t.JudgeRequest, response: t.JudgeResponse) -> None:
        """A request for the judge was answered."""
        self.answered = True
        self._observer.metrics.ruled(self.protocol, request.rubric, response)
        self._observer.metrics.asked(_client(), "ok")
        self._watched.ruled(request, response)
        if self._observer.audit is not None and self.trail is not None:
            self._observer.audit.ruled(self._asked(), request, response, self.trail)

    def _asked(self) -> Asked:
        request = self._request
        if request is None:
            return Asked(self.protocol, self.method)
        return Asked(self.protocol, self.method, request.request_id, request.client or None)


class Observer:
    """Watches the requests of both doors of a process."""

    def __init__(
        self, metrics: Metrics | None = None, watcher: Watcher | None = None, audit: Audit | None = None
    ) -> None:
        self.metrics = metrics or Metrics()
        self._watcher = watcher or Watcher()
        self.audit = audit

    @contextmanager
    def call(self, protocol: str, method: str, carrier: Mapping[str, str]) -> Iterator[Call]:
        """Around a request that may be answered; what it raises goes through.

        Args:
            protocol: ``http`` or ``grpc``.
            method: ``score``, ``score_one``, ``score_stream`` or ``judge``.
            carrier: headers or metadata, names in lower case.
        """
        with self.metrics.in_flight(protocol, method), self._watcher.watch(protocol, method, carrier) as watched:
            call = Call(self, protocol, method, carrier, watched)
            try:
                yield call
            except (asyncio.CancelledError, GeneratorExit):
                # whoever leaves once all is computed has been counted
                if not call.answered:
                    self.metrics.refused(protocol, CANCELLED)
                    self.metrics.asked(_client(), CANCELLED)
                raise

    def close(self) -> None:
        """Writes what an audit has not written yet; it may take some seconds."""
        if self.audit is not None:
            self.audit.close()

    def refused(self, protocol: str, code: ErrorCode, busy: str = "") -> None:
        """A request was refused, whether or not a :meth:`call` was open for it.

        Args:
            protocol: ``http`` or ``grpc``.
            code: why.
            busy: service that has too much before it, where that is why.
        """
        self.metrics.refused(protocol, code.value)
        self.metrics.asked(_client(), code.value)
        if busy or code is ErrorCode.RATE_LIMITED:
            self.metrics.not_admitted(busy or code.value)
        self._watcher.refused(protocol, code)


def _client() -> str:
    request = current()
    return (request.client if request is not None else "") or "anonymous"
