"""What a request is known by: its id in what is sent and in the log, and the trace of its caller."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiohttp import web
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from medreward.contract import Rollout, ScoreRequest, ScoreResponse, codec
from medreward_trainer.client import RequestRefused, RewardClient, tracing

from .service import FINGERPRINT, Service, replies, reply, result, rollout, run, says, serving, settings

SECRET = "zebrafish"


def ids(service: Service) -> list[str]:
    # the fake's server writes some names as it likes
    sent = [{name.lower(): value for name, value in headers.items()} for headers in service.headers]
    return [headers["x-request-id"] for headers in sent]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_each_request_has_an_id_of_its_own() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_rollouts=1)) as client:
            service.faults.append(says(503))
            await client.score_many([rollout(1), rollout(2)])
            assert len(set(ids(service))) == len(service.requests) == 3

    run(test())


def test_a_request_whose_rollouts_have_no_reward_is_named(caplog: pytest.LogCaptureFixture) -> None:
    def without(request: ScoreRequest) -> ScoreResponse:
        results = [result(one.id, None, "unavailable") for one in request.rollouts]
        return ScoreResponse(results, FINGERPRINT, reply(request).timing_ms)

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = replies(without)
            await client.score_many([rollout(number, question=SECRET) for number in range(7)])
            (sent,) = ids(service)
            (line,) = warnings(caplog)
            assert sent in line
            assert "7 rollouts: {'unavailable': 7}" in line
            assert "['r0', 'r1', 'r2', 'r3', 'r4']" in line
            assert SECRET not in line

    run(test())


def test_a_request_that_is_given_up_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, attempts=2)) as client:
            service.always = says(503)
            assert (await client.score(rollout(1))).unscored == "unavailable"
            assert ids(service)[-1] in warnings(caplog)[-1]

    run(test())


def test_a_request_that_is_late_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = service.hangs
            assert (await client.score(rollout(1), deadline_s=0.2)).unscored == "timeout"
            assert ids(service)[-1] in warnings(caplog)[-1]

    run(test())


def test_a_request_that_is_refused_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = says(422, b'{"error": {"code": "invalid", "message": "no"}}')
            with pytest.raises(RequestRefused):
                await client.score(rollout(1, response=SECRET))
            assert warnings(caplog) == [f"request {ids(service)[0]} was refused: invalid"]

    run(test())


def test_a_slow_request_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def slow(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return web.Response(body=codec.encode(reply(decoded)))

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, slow_s=0.05)) as client:
            service.always = slow
            await client.score(rollout(1))
            assert f"request {ids(service)[0]} took" in warnings(caplog)[0]

    run(test())


def test_a_name_that_would_forge_a_line_is_escaped(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, attempts=1)) as client:
            service.always = says(503)
            await client.score(Rollout(id="r\nERROR forged", response="text"))
            assert "\n" not in warnings(caplog)[-1]

    run(test())


def test_a_request_is_a_part_of_its_caller_s_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("run")
    inject = TraceContextTextMapPropagator().inject
    monkeypatch.setattr(tracing, "_otel", lambda: (tracer, SpanKind.CLIENT, inject))

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            with tracer.start_as_current_span("step"):
                await client.score(rollout(1, question=SECRET))
            sent, step = exporter.get_finished_spans()
            assert (sent.name, step.name) == ("medreward.request", "step")
            assert sent.parent is not None
            assert step.context is not None
            assert sent.context is not None
            assert sent.parent.span_id == step.context.span_id
            _, trace_id, span_id, flags = service.headers[0]["traceparent"].split("-")
            assert (int(trace_id, 16), int(span_id, 16)) == (step.context.trace_id, sent.context.span_id)
            assert int(flags, 16) & 1  # sampled
            assert sent.attributes is not None
            assert sent.attributes["medreward.request_id"] == ids(service)[0]
            assert SECRET not in repr(dict(sent.attributes))

    run(test())


def test_without_opentelemetry_a_request_has_its_id_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_otel", lambda: None)
    with tracing.request("gemex", 1, "http") as sent:
        assert tracing.outgoing() == {"x-request-id": sent.request_id}
    assert tracing.outgoing() == {}
