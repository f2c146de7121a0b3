"""The HTTP door without a cluster: what only it decides."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.contract import types as t
from medreward.ingress.defects import BrokenOff, Defects
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer
from medreward.scoring.pipeline import Pipeline
from tests.unit.observability.scraped import total, value


def call(
    method: str, path: str, *, limits: RequestLimits | None = None, pipeline: Pipeline | None = None, **given: Any
) -> httpx.Response:
    """The answer; whatever goes through the application to its server is raised."""
    settings = load_settings()
    desk = build_desk(settings, None)
    app = create_app(pipeline or build_pipeline(settings), desk, limits or RequestLimits(), Observer())

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **given)

    return asyncio.run(run())


async def slowly() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.sleep(5)
    yield b"}"


async def without_end() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65_536


def test_a_body_that_does_not_arrive_is_refused_in_time() -> None:
    answer = call("POST", "/v1/score", limits=RequestLimits(body_timeout_s=0.1), content=slowly())
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout")


def test_a_body_without_a_length_is_cut_at_its_limit() -> None:
    answer = call("POST", "/v1/score", limits=RequestLimits(body_mib=1), content=without_end())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_compressed_body_is_refused_not_misread() -> None:
    answer = call("POST", "/v1/score", headers={"content-encoding": "gzip"}, content=b"\x1f\x8b")
    assert answer.status_code == 400
    assert "content-encoding" in answer.json()["error"]["message"]


def test_a_defect_is_told_without_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Pipeline, *args: Any, **kwargs: Any) -> t.ScoreResponse:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Pipeline, "score", broken)
    answer = call("POST", "/v1/score", content=b'{"recipe": "gemex", "rollouts": [{"id": "x"}]}')
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    # it passes through what every reply passes through
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


def test_a_reply_that_a_defect_breaks_off_ends_without_what_the_defect_says() -> None:
    async def begun(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("secret detail")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(BrokenOff) as caught:
        asyncio.run(Defects(begun, answer=pytest.fail)({"type": "http", "path": "/"}, pytest.fail, send))
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("declared", ["99999999999999999999", "9" * 5000])
def test_a_length_beyond_all_is_too_large(declared: str) -> None:
    answer = call("POST", "/v1/score", headers={"content-length": declared}, content=slowly())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_request_whose_caller_leaves_is_counted_as_that_once() -> None:
    settings = load_settings()
    app = create_app(build_pipeline(settings), build_desk(settings, None), RequestLimits(), observer := Observer())
    begun = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        begun.set()
        await asyncio.Event().wait()

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            request = asyncio.create_task(client.post("/v1/score", content=body()))
            await begun.wait()
            request.cancel()
            await asyncio.wait([request])

    asyncio.run(run())
    page = observer.metrics.exposition()
    assert value(page, "medreward_requests_total", protocol="http", code="cancelled", recipe="") == 1
    assert value(page, "medreward_client_requests_total", client="anonymous", code="cancelled") == 1
    assert total(page, "medreward_requests_total") == 1


def test_who_leaves_once_all_is_computed_has_been_answered() -> None:
    observer = Observer()
    reply = t.ScoreResponse([], t.Fingerprint("1", "gemex", ""), t.Timing(queue=0.0, deterministic=0.0, total=0.0))
    call = observer.call("grpc", "score_stream", {})
    call.__enter__().scored(t.ScoreRequest(recipe="gemex"), reply)
    assert not call.__exit__(GeneratorExit, GeneratorExit(), None)
    page = observer.metrics.exposition()
    assert value(page, "medreward_requests_total", protocol="grpc", code="ok", recipe="gemex") == 1
    assert total(page, "medreward_requests_total") == 1


def test_metrics_are_counted_by_outcome() -> None:
    settings = load_settings()
    app = create_app(build_pipeline(settings), build_desk(settings, None), RequestLimits(), observer := Observer())

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            await client.post("/v1/score", content=b"{")
            await client.post("/v1/score", content=b'{"recipe": "gemex", "rollouts": [{"id": "x"}]}')

    asyncio.run(run())
    text = observer.metrics.exposition().decode()
    assert 'medreward_requests_total{code="malformed",protocol="http",recipe=""} 1.0' in text
    assert 'medreward_requests_total{code="ok",protocol="http",recipe="gemex"} 1.0' in text
    assert 'medreward_rollouts_total{outcome="absent",recipe="gemex"} 1.0' in text
    assert 'medreward_components_total{component="semantics",status="invalid_input"} 1.0' in text
