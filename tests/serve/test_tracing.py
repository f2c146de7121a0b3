"""Traces, request ids and logs of a real cluster: over both protocols, through the judge and the scorer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import httpx
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from medreward.contract import Reference, Rollout, ScoreRequest, codec
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from medreward_trainer.client import ClientSettings, RewardClient
from medreward_trainer.client import tracing as client_tracing
from medreward_trainer.client.proto import rollout_to_proto
from tests.running import Cluster, served
from tests.unit.observability_traces.collector import Collector, Span, collecting

LIMIT_S = 60.0
_Code = grpc.StatusCode
SECRET = "zebrafish"
"""in every text that is sent, and in no line of the log"""


class Traced(NamedTuple):
    """A cluster, and where its spans go."""

    cluster: Cluster
    collector: Collector
    logs: Path
    tracer: trace.Tracer
    """of the trainer"""


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    directory = tmp_path_factory.mktemp("traced")
    with collecting() as collector:
        settings = {
            "tracing": {"endpoint": collector.url, "export_every_s": 0.2},
            "logs": {"format": "json", "dir": str(directory / "logs")},
        }
        config = directory / "settings.json"
        config.write_text(json.dumps(settings))
        environment = {"MEDREWARD_SCORER__CHECKPOINT": "shipped", "MEDREWARD_INGRESS__CPUS": "0.5"}
        with served(directory / "serve.log", "--config", str(config), **environment) as cluster:
            provider = TracerProvider(resource=Resource.create({"service.name": "trainer"}), shutdown_on_exit=False)
            provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{collector.url}/v1/traces")))
            tracer = provider.get_tracer("trainer")
            with pytest.MonkeyPatch.context() as patch:
                # a trainer sets its provider for the whole process; here that would be for other tests too
                inject = TraceContextTextMapPropagator().inject
                patch.setattr(client_tracing, "_otel", lambda: (tracer, trace.SpanKind.CLIENT, inject))
                yield Traced(cluster, collector, directory / "logs", tracer)
            provider.shutdown()
    assert cluster.process.returncode == 0, cluster.log.read_text()[-4000:]


def rollout(number: int) -> Rollout:
    """One that needs the judge and the scorer."""
    return Rollout(
        id=f"t{number}",
        group_id="g",
        question=f"What does the {SECRET} image number {number} show?",
        question_type="open_ended",
        context=f"A caption with a {SECRET}.",
        response=f"<think>{SECRET} {number}: fluid at the base.</think><response><answer>a small {SECRET} effusion "
        f"{number}</answer></response>",
        reference=Reference(f"{SECRET} pleural effusion {number}"),
    )


async def _scored(tracer: trace.Tracer, url: str, first: int) -> list[str | None]:
    settings = ClientSettings(urls=[url], recipe="medsage", deadline_s=LIMIT_S)
    async with RewardClient(settings) as client:
        with tracer.start_as_current_span("step"):
            scored = await client.score_many([rollout(first), rollout(first + 1)])
    return [one.unscored for one in scored]


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_one_trace_goes_from_the_client_to_the_engine_and_the_scorer_s_forward(traced: Traced, protocol: str) -> None:
    url = traced.cluster.url if protocol == "http" else f"grpc://{traced.cluster.grpc}"
    assert asyncio.run(_scored(traced.tracer, url, 100 if protocol == "http" else 200)) == ["", ""]

    def of_it(spans: list[Span]) -> list[Span]:
        roots = [s.trace for s in spans if s.name == "medreward.request" and s.attributes["protocol"] == protocol]
        return [s for s in spans if s.trace in roots]

    wanted = {
        ("trainer", "medreward.request"): "step",
        ("medreward-ingress", "medreward.score"): "medreward.request",
        ("medreward-ingress", "judge.call"): "medreward.score",
        ("medreward-judge", "judge"): "judge.call",
        ("medreward-judge", "engine.call"): "judge",
        ("medreward-ingress", "scorer.call"): "medreward.score",
        ("medreward-scorer", "scorer"): "scorer.call",
        ("medreward-scorer", "scorer.forward"): "scorer",
    }
    spans = of_it(traced.collector.wait(lambda s: {(one.service, one.name) for one in of_it(s)} >= set(wanted)))
    by_id = {span.id: span for span in spans}
    for span in spans:
        if (span.service, span.name) in wanted:
            parent = by_id[span.parent]
            assert parent.name == wanted[span.service, span.name]
            # clocks of one machine: a part lies within the whole
            assert parent.start_ns <= span.start_ns <= span.end_ns
    (served_by,) = (span for span in spans if span.name == "medreward.score")
    (sent,) = (span for span in spans if span.name == "medreward.request")
    about = served_by.attributes
    assert (about["protocol"], about["recipe"], about["rollouts"], about["scored"]) == (protocol, "medsage", 2, 2)
    assert about["request_id"] == sent.attributes["request_id"]
    (judged,) = (span for span in spans if span.name == "judge")
    assert judged.attributes["engine_calls"] == 2
    assert SECRET not in repr([span.attributes for span in spans])


def test_a_request_id_comes_back_once_over_http(traced: Traced) -> None:
    body = codec.encode(ScoreRequest(recipe="medsage", rollouts=[rollout(1)]))
    url = traced.cluster.url + "/v1/score"
    with httpx.Client(timeout=LIMIT_S) as client:
        named = client.post(url, content=body, headers={"x-request-id": "step-7:batch.3"})
        unnamed = client.post(url, content=body)
        refused = client.post(url, content=b"{", headers={"x-request-id": "bad-one"})
        unfit = client.post(url, content=body, headers={"x-request-id": 'a "b" <c>' + "x" * 200})
    assert named.headers.get_list("x-request-id") == ["step-7:batch.3"]
    (new,) = unnamed.headers.get_list("x-request-id")
    assert len(new) == 36
    assert refused.status_code == 400
    assert refused.headers.get_list("x-request-id") == ["bad-one"]
    # ours first; Ray Serve repeats what was sent
    ours = unfit.headers.get_list("x-request-id")[0]
    assert len(ours) == 36
    lines = _lines(traced)
    ids = {line["request_id"] for line in lines if line["logger"] == "medreward.access"}
    assert {"step-7:batch.3", new, "bad-one", ours} <= ids


def test_a_request_id_comes_back_over_grpc(traced: Traced) -> None:
    async def ask(*metadata: tuple[str, str], recipe: str = "medsage") -> str:
        async with grpc.aio.insecure_channel(traced.cluster.grpc) as channel:
            stub = pb_grpc.RewardServiceStub(channel)  # type: ignore[no-untyped-call]
            message = pb.ScoreRequest(recipe=recipe, rollouts=[rollout_to_proto(rollout(2))])
            call = stub.Score(message, metadata=metadata, timeout=LIMIT_S)
            assert await call.code() is (_Code.OK if recipe == "medsage" else _Code.INVALID_ARGUMENT)
            return str(dict(await call.trailing_metadata())["x-request-id"])

    assert asyncio.run(ask(("x-request-id", "over-grpc"))) == "over-grpc"
    assert asyncio.run(ask(("x-request-id", "refused"), recipe="none")) == "refused"
    assert len(asyncio.run(ask())) == 36


def test_every_line_of_a_replica_is_json_and_holds_no_text_of_a_patient(traced: Traced) -> None:
    url = traced.cluster.url
    with httpx.Client(timeout=LIMIT_S) as client:
        body = codec.encode(ScoreRequest(recipe="medsage", rollouts=[rollout(3)])).decode()
        client.post(url + "/v1/score", content=body[:-7], headers={"x-request-id": "cut"})
        client.post(url + "/v1/score", content=body.replace('"question"', f'"{SECRET}"'))
        client.post(url + f"/v1/{SECRET}", content=body)
        client.post(url + "/v1/score", content=body.replace("medsage", SECRET))
        client.post(url + f"/v1/rewards/{SECRET}", content=body)
        # a deadline that nothing meets: components are absent by the service's fault
        hurried = ScoreRequest(recipe="medsage", deadline_ms=1, rollouts=[rollout(n) for n in range(300, 310)])
        client.post(url + "/v1/score", content=codec.encode(hurried), headers={"x-request-id": "hurried"})
    lines = _lines(traced)
    for line in lines:
        assert {"timestamp", "level", "logger", "message", "service"} <= set(line)
    (access,) = (line for line in lines if line.get("request_id") == "cut")
    assert (access["protocol"], access["code"], access["level"]) == ("http", "malformed", "INFO")
    late = [line for line in lines if line.get("request_id") == "hurried"]
    (absent,) = (line for line in late if line["level"] == "WARNING")
    assert absent["rollout"] == [f"t{n}" for n in range(300, 305)]
    assert set(absent["group"]) == {"g"}
    assert any(name.endswith(":timeout") for name in absent["components"])
    assert {"trace_id", "span_id"} <= set(absent)
    shown = traced.cluster.log.read_text()
    assert SECRET not in json.dumps(lines)
    assert SECRET not in shown


def test_what_the_replicas_log_is_shown_by_the_command(traced: Traced) -> None:
    with httpx.Client(timeout=LIMIT_S) as client:
        body = codec.encode(ScoreRequest(recipe="gemex", rollouts=[rollout(4)]))
        client.post(traced.cluster.url + "/v1/score", content=body, headers={"x-request-id": "to-be-shown"})
    until = time.monotonic() + LIMIT_S
    while "to-be-shown" not in traced.cluster.log.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)


def _lines(traced: Traced) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(traced.logs.glob("*.log")) for line in path.read_text().splitlines()]
