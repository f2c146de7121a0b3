"""The HTTP door without a cluster: what only it decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.contract import types as t
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer
from medreward.scoring.pipeline import Pipeline


def call(
    method: str, path: str, *, limits: RequestLimits | None = None, pipeline: Pipeline | None = None, **given: Any
) -> httpx.Response:
    settings = load_settings()
    desk = build_desk(settings, None)
    app = create_app(pipeline or build_pipeline(settings), desk, limits or RequestLimits(), Observer())

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
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


def test_metrics_are_counted_by_outcome() -> None:
    settings = load_settings()
    app = create_app(build_pipeline(settings), build_desk(settings, None), RequestLimits(), observer := Observer())

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            await client.post("/v1/score", content=b"{")
            await client.post("/v1/score", content=b'{"recipe": "gemex", "rollouts": [{"id": "x"}]}')

    asyncio.run(run())
    text = observer.metrics.exposition().decode()
    assert 'medreward_requests_total{code="malformed",protocol="http"} 1.0' in text
    assert 'medreward_requests_total{code="ok",protocol="http"} 1.0' in text
    assert 'medreward_rollouts_total{outcome="absent",recipe="gemex"} 1.0' in text
    assert 'medreward_components_total{component="semantics",status="invalid_input"} 1.0' in text
