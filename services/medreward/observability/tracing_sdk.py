"""The OpenTelemetry SDK behind ``tracing``; loaded only where traces are wanted.

The provider is one of our own, not the process's: what else in a replica speaks OpenTelemetry (Ray does, for its
metrics) neither sees our spans nor is sent to our collector.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_span_id, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from medreward.observability.tracing import Kind, Value
from medreward.observability.tracing_settings import Tracing

log = logging.getLogger(__name__)

_KINDS = {"internal": SpanKind.INTERNAL, "server": SpanKind.SERVER, "client": SpanKind.CLIENT}
_LONGEST = 256  # characters of an attribute: names and ids
_BATCH = 512  # spans of an export
_w3c = TraceContextTextMapPropagator()


class _Headers(Getter[Mapping[str, str]]):
    """Headers whose names are in lower case, of HTTP or of gRPC's metadata."""

    def get(self, carrier: Mapping[str, str], key: str) -> list[str] | None:
        value = carrier.get(key)
        return None if value is None else [value]

    def keys(self, carrier: Mapping[str, str]) -> list[str]:
        return list(carrier)


_getter = _Headers()


class SdkSpan:
    """See :class:`medreward.observability.tracing.Span`."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def set(self, **attributes: Value) -> None:
        """Notes more of it."""
        self._span.set_attributes({f"medreward.{name}": value for name, value in attributes.items()})

    def failed(self, why: str) -> None:
        """It came to nothing."""
        self._span.set_status(Status(StatusCode.ERROR, why))

    def end(self, at_ns: int | None = None) -> None:
        """It is over, now or at this time."""
        self._span.end(at_ns)

    def context(self) -> Context:
        """For a span that is a part of it."""
        return set_span_in_context(self._span, Context())

    def headers(self) -> dict[str, str]:
        """As the W3C's trace context has it."""
        made: dict[str, str] = {}
        _w3c.inject(made, self.context())
        return made

    def ids(self) -> tuple[str, str]:
        """Trace and span, in hexadecimal."""
        context = self._span.get_span_context()
        return format_trace_id(context.trace_id), format_span_id(context.span_id)


class Exporting:
    """Makes spans, and sends them on in a thread of its own; when that cannot keep up, spans are dropped."""

    def __init__(self, settings: Tracing, service: str) -> None:
        """``service``: of the process, such as ``ingress``."""
        assert settings.endpoint is not None  # nothing is traced otherwise
        self._limit_s = settings.export_timeout_s
        resource = Resource.create({"service.name": f"medreward-{service}", "service.version": version("medreward")})
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.sample_ratio)),
            resource=resource,
            shutdown_on_exit=False,  # at exit Ray leaves no time; the replica's own end is told
            span_limits=SpanLimits(max_attribute_length=_LONGEST),
        )
        self._exporter = OTLPSpanExporter(f"{settings.endpoint}/v1/traces", timeout=settings.export_timeout_s)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                self._exporter,
                max_queue_size=settings.max_queue,
                schedule_delay_millis=settings.export_every_s * 1000,
                max_export_batch_size=min(_BATCH, settings.max_queue),
            )
        )
        self._tracer = self._provider.get_tracer("medreward")

    def span(
        self,
        name: str,
        kind: Kind,
        parent: SdkSpan | Mapping[str, str],
        attributes: Mapping[str, Value],
        at_ns: int | None = None,
    ) -> SdkSpan:
        """One that begins now, or at this time; with headers that name no parent, a new trace."""
        context = parent.context() if isinstance(parent, SdkSpan) else _w3c.extract(parent, Context(), _getter)
        named = {f"medreward.{key}": value for key, value in attributes.items()}
        return SdkSpan(self._tracer.start_span(name, context, _KINDS[kind], named, start_time=at_ns))

    def close(self) -> None:
        """Sends what is left, for as long as an export may take."""
        # the SDK's own limit does not hold for an export under way
        last = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        began = time.monotonic()
        last.start()
        last.join(self._limit_s)
        if last.is_alive():
            log.warning("the last spans were not exported within %.1f s", time.monotonic() - began)
