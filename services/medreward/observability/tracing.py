"""Traces: spans by OpenTelemetry, where ``tracing.endpoint`` says whereto; else nothing, at the cost of nothing.

    a caller's traceparent -> medreward.score (ingress) -> judge.call -> judge -> engine.call
                                                        -> scorer.call -> scorer -> scorer.forward

Context travels between processes as :func:`carried`, an argument of every call over a handle of Ray Serve, which loses
context variables. Attributes hold counts, names and ids; never a text of a rollout.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from medreward.observability.request_id import HEADER, Request, current, work_for

if TYPE_CHECKING:
    from medreward.observability.tracing_sdk import Exporting, SdkSpan

Kind = Literal["internal", "server", "client"]
Value = str | int | float | bool

_CLIENT = "x-medreward-client"

_exporting: Exporting | None = None
_active: ContextVar[SdkSpan | None] = ContextVar("medreward_span", default=None)


class Span(Protocol):
    """What took its time."""

    def set(self, **attributes: Value) -> None:
        """Notes more of it."""

    def failed(self, why: str) -> None:
        """It came to nothing; ``why`` is a name such as a status, never a text."""


class _NoSpan:
    """In place of each when nothing is traced: a span, and the block around which it is."""

    def set(self, **attributes: Value) -> None:
        """Nothing."""

    def failed(self, why: str) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


_NONE = _NoSpan()


class _Block:
    """A block that is a span, and within which it is the active one."""

    __slots__ = ("_outer", "_span")

    def __init__(self, span: SdkSpan) -> None:
        self._span = span
        self._outer: SdkSpan | None = None

    def __enter__(self) -> SdkSpan:
        self._outer = _active.get()
        _active.set(self._span)
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # not by a token: an asynchronous generator may be closed in another context than it began in
        _active.set(self._outer)
        if error is not None:
            self._span.failed(type(error).__name__)
        self._span.end()


def start(exporting: Exporting) -> None:
    """From here on this process traces; until :func:`stop`."""
    global _exporting
    _exporting = exporting


def stop() -> None:
    """Exports what is left, within the exporter's limit; nothing is traced any more. May be called again."""
    global _exporting
    exporting, _exporting = _exporting, None
    if exporting is not None:
        exporting.close()


def span(
    name: str, kind: Kind = "internal", parent: Mapping[str, str] | None = None, **attributes: Value
) -> _Block | _NoSpan:
    """A block that is a span of the active one, or of what ``parent`` names.

    Args:
        name: e.g. ``judge``.
        kind: as OpenTelemetry has it: ``server`` answers a call, ``client`` makes one.
        parent: headers, of whose ``traceparent`` it is a part, or which begin a trace without one; None: it is a part
            of the active span, and nothing where there is none, as in work that no request wants.
        attributes: counts, names and ids.
    """
    if _exporting is None:
        return _NONE
    within = _active.get() if parent is None else parent
    return _NONE if within is None else _Block(_exporting.span(name, kind, within, attributes))


def active() -> SdkSpan | None:
    """The span of which the next is a part."""
    return _active.get()


def past(name: str, parent: SdkSpan, seconds: float, **attributes: Value) -> None:
    """A span that ends now and began ``seconds`` ago, of a parent whose task may be another."""
    if _exporting is not None:
        end = time.time_ns()
        _exporting.span(name, "internal", parent, attributes, end - int(seconds * 1e9)).end(end)


def headers() -> dict[str, str]:
    """``traceparent`` and ``tracestate`` of the active span; empty without one."""
    found = _active.get()
    return {} if found is None else found.headers()


def carried() -> dict[str, str] | None:
    """What another process is to know of the request that this task works for; None when there is none."""
    request, span = current(), _active.get()
    if request is None and span is None:
        return None
    made = {} if span is None else span.headers()
    if request is not None:
        made[HEADER] = request.request_id
        made[_CLIENT] = request.client
    return made


@contextmanager
def resumed(carrier: Mapping[str, str] | None, name: str, **attributes: Value) -> Iterator[Span]:
    """Around work for a request that came from another process with :func:`carried`; a span of it."""
    outer = current()
    if carrier is not None and HEADER in carrier:
        work_for(Request(carrier[HEADER], carrier.get(_CLIENT, "")))
    try:
        with span(name, "server", carrier or {}, **attributes) as made:
            yield made
    finally:
        work_for(outer)


def ids() -> tuple[str, str] | None:
    """Trace and span id of the active span, in hexadecimal, for the log; None without one."""
    found = _active.get()
    return None if found is None else found.ids()
