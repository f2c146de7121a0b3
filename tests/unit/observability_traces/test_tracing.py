"""Spans: their parents, what they hold, and that nothing waits for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import ValidationError

from medreward.config import Settings
from medreward.observability import tracing
from medreward.observability.logs_access import Watcher
from medreward.observability.request_id import Request, current, work_for
from medreward.observability.tracing_sdk import Exporting
from medreward.observability.tracing_settings import Tracing

from .collector import Collector, collecting

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    tracing.stop()
    work_for(None)


@contextmanager
def traced(**fields: float) -> Iterator[Collector]:
    with collecting() as collector:
        settings = Tracing.model_validate({"endpoint": collector.url, "export_every_s": 0.05, **fields})
        tracing.start(Exporting(settings, "ingress"))
        yield collector
        tracing.stop()


def test_a_span_is_a_part_of_the_caller_s_trace_and_of_the_span_around_it() -> None:
    with traced() as collector:
        with tracing.span("outer", "server", SAMPLED, rollouts=2), tracing.span("inner") as inner:
            inner.set(status="ok")
        spans = {span.name: span for span in collector.wait(lambda spans: len(spans) == 2)}
    outer, part = spans["outer"], spans["inner"]
    assert (outer.trace, outer.parent, part.trace, part.parent) == (TRACE, PARENT, TRACE, outer.id)
    assert (outer.attributes, part.attributes) == ({"rollouts": 2}, {"status": "ok"})
    assert outer.service == "medreward-ingress"


def test_what_is_carried_is_taken_up_in_another_process() -> None:
    work_for(Request("step-1", "trainer"))
    with traced() as collector:
        with tracing.span("outer", "server", SAMPLED):
            carried = tracing.carried()
        work_for(None)
        assert tracing.active() is None
        with tracing.resumed(carried, "judge", asks=3):
            request = current()
            assert request is not None
            assert (request.request_id, request.client) == ("step-1", "trainer")
            assert tracing.ids() is not None
        assert current() is None
        spans = {span.name: span for span in collector.wait(lambda spans: len(spans) == 2)}
    assert (spans["judge"].trace, spans["judge"].parent) == (TRACE, spans["outer"].id)


def test_without_an_endpoint_there_are_no_spans_and_the_id_is_carried_still() -> None:
    work_for(Request("step-1"))
    with tracing.span("outer", "server", SAMPLED) as one, tracing.span("inner") as other:
        assert one is other
        assert tracing.headers() == {}
        assert tracing.ids() is None
        carried = tracing.carried()
    assert carried is not None
    assert carried["x-request-id"] == "step-1"
    assert "traceparent" not in carried


def test_work_that_no_request_wants_is_no_span() -> None:
    with traced() as collector:
        with tracing.span("engine.call", "client"):
            assert tracing.active() is None
        with tracing.span("request", "server", {}):
            assert tracing.active() is not None
        spans = collector.wait(lambda spans: bool(spans))
    assert [span.name for span in spans] == ["request"]


def test_a_caller_that_does_not_sample_is_not_sampled() -> None:
    with traced() as collector:
        with tracing.span("not this", "server", {"traceparent": f"00-{TRACE}-{PARENT}-00"}), tracing.span("nor this"):
            pass
        with tracing.span("this", "server", SAMPLED):
            pass
        tracing.stop()
        assert [span.name for span in collector.spans] == ["this"]


def test_the_ratio_is_of_traces_that_begin_here() -> None:
    with traced(sample_ratio=0.0) as collector:
        for parent in ({}, SAMPLED, {"traceparent": "no such thing"}):
            with tracing.span("request", "server", parent):
                pass
        tracing.stop()
        assert [span.trace for span in collector.spans] == [TRACE]


def test_what_a_block_raises_goes_through_and_is_told_by_its_type() -> None:
    with traced() as collector:
        with pytest.raises(ValueError, match="zebrafish"), tracing.span("request", "server", SAMPLED):
            raise ValueError("a zebrafish")
        (span,) = collector.wait(lambda spans: bool(spans))
    assert span.failed
    assert "zebrafish" not in repr(span)


def test_a_long_attribute_is_cut() -> None:
    with traced() as collector:
        with tracing.span("request", "server", SAMPLED, recipe="x" * 5000):
            pass
        (span,) = collector.wait(lambda spans: bool(spans))
    assert len(str(span.attributes["recipe"])) == 256


def test_a_generator_that_another_task_closes_ends_its_span() -> None:
    async def results() -> object:
        with Watcher().watch("grpc", "score_stream", SAMPLED):
            yield 1
            yield 2

    async def run() -> None:
        stream = results()
        await asyncio.create_task(stream.__anext__())  # type: ignore[attr-defined]
        await asyncio.create_task(stream.aclose())  # type: ignore[attr-defined]

    with traced() as collector:
        asyncio.run(run())
        (span,) = collector.wait(lambda spans: bool(spans))
    assert span.attributes["code"] == "cancelled"


def test_a_forward_is_told_to_each_request_that_it_scored_for() -> None:
    with traced() as collector:
        with tracing.span("one", "server", SAMPLED) as one:
            pass
        with tracing.span("other", "server", {}) as other:
            pass
        for parent in (one, other):
            tracing.past("scorer.forward", parent, 0.5, asks=1)  # type: ignore[arg-type]
        spans = collector.wait(lambda spans: len(spans) == 4)
    forwards = [span for span in spans if span.name == "scorer.forward"]
    assert {span.parent for span in forwards} == {span.id for span in spans if span.name in ("one", "other")}
    assert all(span.end_ns - span.start_ns == 500_000_000 for span in forwards)


def test_a_collector_that_is_gone_changes_nothing_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings = Tracing(
            endpoint=f"http://127.0.0.1:{nobody.getsockname()[1]}",
            max_queue=4,
            export_every_s=0.05,
            export_timeout_s=0.5,
        )
        tracing.start(Exporting(settings, "ingress"))
        for _ in range(100):
            with tracing.span("request", "server", SAMPLED) as span:
                span.set(code="ok")
        tracing.stop()
    assert tracing.active() is None
    # it came back, and the loss is told: by the SDK, or by us where the SDK is still trying
    assert "Failed to export spans" in caplog.text or "spans were not exported" in caplog.text
    assert {record.name.partition(".")[0] for record in caplog.records} <= {"opentelemetry", "urllib3", "medreward"}


def test_what_is_left_is_exported_at_a_clean_end() -> None:
    with traced(export_every_s=60.0) as collector:
        for _ in range(1000):
            with tracing.span("request", "server", SAMPLED):
                pass
        tracing.stop()
        tracing.stop()
        assert len(collector.spans) == 1000


@pytest.mark.parametrize(
    "endpoint", ["collector:4318", "ftp://collector", "http://me:key@collector", "http://c?x=1", ""]
)
def test_an_endpoint_that_is_no_base_url_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="endpoint"):
        Tracing(endpoint=endpoint)


def test_traces_are_off_and_texts_withheld_unless_asked_for() -> None:
    settings = Settings()
    assert settings.tracing.endpoint is None
    assert not settings.logs.texts
