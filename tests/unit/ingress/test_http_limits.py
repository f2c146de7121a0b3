"""What the HTTP door says of limits, readiness and to browsers."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, load_settings
from medreward.contract import types as t
from medreward.contract.errors import ErrorCode, RequestError
from medreward.ingress.http import create_app
from medreward.ingress.rates import Rates
from medreward.ingress.readiness import Readiness
from medreward.ingress.settings import PerClient
from medreward.observability.observer import Observer
from medreward.scoring.pipeline import Pipeline
from tests.unit.ingress.test_readiness import JUDGE, Far

SCORE = b'{"components": {"format": 1.0}, "rollouts": [{"id": "1", "response": "x"}]}'


def served(**given: Any) -> httpx.AsyncClient:
    settings = load_settings()
    app = create_app(build_pipeline(settings), build_desk(settings, None), RequestLimits(), Observer(), **given)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test", timeout=30
    )


def got(path: str, **given: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        async with served(**given) as client:
            return await client.get(path)

    return asyncio.run(run())


def test_requests_and_rollouts_are_counted_and_the_refusal_says_how_long_to_wait() -> None:
    async def run() -> None:
        async with served(rates=Rates(PerClient(rollouts_per_s=1, requests_per_s=1, burst_s=5))) as client:
            for _ in range(5):
                assert (await client.post("/v1/score", content=SCORE)).status_code == 200
            refused = await client.post("/v1/score", content=SCORE)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
            assert int(refused.headers["retry-after"]) >= 1
            assert int(refused.headers["retry-after-ms"]) > 0
            # of every kind that works, and nothing that only tells
            for path in ("/v1/rewards/format", "/v1/judge/semantics"):
                assert (await client.post(path, content=b"{")).status_code == 429
            assert (await client.get("/v1/info")).status_code == 200
            told = (await client.get("/metrics")).text
        assert 'medreward_client_requests_total{client="anonymous",code="rate_limited"} 3.0' in told
        assert 'medreward_client_requests_total{client="anonymous",code="ok"} 5.0' in told
        assert 'medreward_admission_refused_total{why="rate_limited"} 3.0' in told

    asyncio.run(run())


def test_no_client_is_told_the_limits_of_others() -> None:
    assert "per_client" not in got("/v1/info").json()["limits"]


def test_an_overloaded_service_says_when_it_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(self: Pipeline, *args: Any, **kwargs: Any) -> t.ScoreResponse:
        raise RequestError(ErrorCode.OVERLOADED, "too much", retry_after_s=2.3, busy="judge")

    monkeypatch.setattr(Pipeline, "score", full)

    async def run() -> None:
        async with served() as client:
            refused = await client.post("/v1/score", content=SCORE)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "overloaded")
            assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("3", "2300")
            assert 'medreward_admission_refused_total{why="judge"} 1.0' in (await client.get("/metrics")).text

    asyncio.run(run())


def test_it_is_not_ready_before_the_judge_has_answered() -> None:
    early = got("/readyz", readiness=Readiness({"judge": Far(None)}))
    assert early.status_code == 503
    assert (early.json()["status"], early.json()["services"]) == ("starting", {"judge": "starting"})
    assert early.json()["error"]["code"] == "unavailable"
    ready = got("/readyz", readiness=Readiness({"judge": Far(JUDGE)}))
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "services": {"judge": "ready"}})


def test_the_pages_for_people_load_nothing_from_elsewhere() -> None:
    page = got("/docs")
    assert page.status_code == 200
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) >= 4
    for name in named:
        part = got(f"/{name}")
        assert part.status_code == 200, name
        assert part.headers["content-type"].split(";")[0] in ("text/css", "text/javascript", "image/png")
    # no script in the page itself: the policy would not let it run
    assert not re.search(r"<script>|on\w+=", page.text)
    assert got("/redoc").status_code == 404
    assert got("/docs/../http.py").status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js", "/openapi.json"])
def test_browsers_are_told_to_trust_nothing_but_the_service(path: str) -> None:
    headers = got(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert re.search(r"script-src 'self';", policy)
    assert (headers["x-frame-options"], headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/v1/info", "/metrics", "/nowhere"])
def test_no_reply_may_be_taken_for_another_type(path: str) -> None:
    assert got(path).headers["x-content-type-options"] == "nosniff"
