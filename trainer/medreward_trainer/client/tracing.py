"""What a request is known by: an id that the service logs too, and the trace of which it is a part.

Spans are made by the OpenTelemetry API, where that is installed; they are recorded where the trainer's process has set
up an SDK of its own, and the service's spans are then parts of the same trace.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Any

REQUEST_ID = "x-request-id"
"""header of HTTP and metadata of gRPC; the reply names it too"""


class SentRequest:
    """One request on its way."""

    __slots__ = ("headers", "request_id")

    def __init__(self) -> None:
        self.request_id = str(uuid.uuid4())
        self.headers = {REQUEST_ID: self.request_id}
        """its id, and the W3C's trace context where there is one; names in lower case"""


_sent: ContextVar[SentRequest | None] = ContextVar("medreward_sent", default=None)


@contextmanager
def request(recipe: str, rollouts: int, protocol: str) -> Iterator[SentRequest]:
    """Around a request; within it :func:`outgoing` are its headers."""
    made = SentRequest()
    token = _sent.set(made)
    try:
        if (otel := _otel()) is None:
            yield made
            return
        tracer, kind, inject = otel
        about = {
            "medreward.request_id": made.request_id,
            "medreward.recipe": recipe,
            "medreward.rollouts": rollouts,
            "medreward.protocol": protocol,
        }
        # what went wrong is told by its type: a message may quote a rollout
        with tracer.start_as_current_span(
            "medreward.request", kind=kind, attributes=about, record_exception=False, set_status_on_exception=False
        ):
            inject(made.headers)
            yield made
    finally:
        _sent.reset(token)


def outgoing() -> dict[str, str]:
    """Headers of the request that this task sends; none outside of one."""
    sent = _sent.get()
    return {} if sent is None else sent.headers


@cache
def _otel() -> tuple[Any, Any, Any] | None:
    """A tracer, the kind of a caller's span, and what writes the trace context; None without OpenTelemetry."""
    try:
        trace = import_module("opentelemetry.trace")
        w3c = import_module("opentelemetry.trace.propagation.tracecontext")
    except ModuleNotFoundError:
        return None
    return trace.get_tracer("medreward_trainer"), trace.SpanKind.CLIENT, w3c.TraceContextTextMapPropagator().inject
