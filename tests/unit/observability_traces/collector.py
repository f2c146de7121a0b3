"""A collector of traces: takes OTLP over HTTP, as a real one does, and keeps the spans."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LIMIT_S = 60.0


class Span(NamedTuple):
    """A span as it was exported; ids in hexadecimal, empty where there is none."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: dict[str, str | int | float | bool]
    failed: bool


class Collector:
    """What was exported until now."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._spans: list[Span] = []
        self._came = threading.Condition()

    def take(self, body: bytes) -> None:
        """One export."""
        message = ExportTraceServiceRequest.FromString(body)
        found = []
        for resource in message.resource_spans:
            (service,) = (a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    said = {a.key.removeprefix("medreward."): a.value for a in span.attributes}
                    attributes = {name: getattr(v, v.WhichOneof("value") or "string_value") for name, v in said.items()}
                    found.append(
                        Span(
                            service,
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.kind,
                            span.start_time_unix_nano,
                            span.end_time_unix_nano,
                            attributes,
                            span.status.code == 2,
                        )
                    )
        with self._came:
            self._spans += found
            self._came.notify_all()

    @property
    def spans(self) -> list[Span]:
        """All of them."""
        with self._came:
            return list(self._spans)

    def wait(self, enough: Callable[[list[Span]], bool]) -> list[Span]:
        """All of them, once they are enough; fails when they are not within the limit."""
        until = time.monotonic() + LIMIT_S
        with self._came:
            while not enough(self._spans):
                left = until - time.monotonic()
                assert left > 0, f"these spans came within {LIMIT_S} s: {[(s.service, s.name) for s in self._spans]}"
                self._came.wait(left)
            return list(self._spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """One on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.take(body)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join(LIMIT_S)
        server.server_close()
