"""Requests of which no two are alike leave nothing behind but what bounded caches keep."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import tracemalloc

import httpx
import pytest

from medreward.assembly import build_desk, build_judge, build_pipeline
from medreward.config import load_settings
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer
from tests.fuzz.traffic import body

WARM = 300
MORE = 1200
BYTES_EACH = 100
"""that a request may leave; it leaves under ten. An id that is kept would be as much, its texts a thousand"""


def test_requests_without_end_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest keeps every line that is logged
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    assert asyncio.run(_grown()) / MORE < BYTES_EACH


async def _grown() -> int:
    """Bytes that ``MORE`` requests leave, when the caches of pure functions, which are bounded, are emptied."""
    settings = load_settings(judge={"cache": {"entries": 50}})
    judge = build_judge(settings.judge)
    app = create_app(build_pipeline(settings, judge=judge), build_desk(settings, judge), settings.limits, Observer())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        tracemalloc.start()
        try:
            await _send(client, 0, WARM)
            start = _held()
            await _send(client, WARM, MORE)
            return _held() - start
        finally:
            tracemalloc.stop()


async def _send(client: httpx.AsyncClient, first: int, count: int) -> None:
    for number in range(first, first + count):
        await client.post("/v1/score", content=body(number))


def _held() -> int:
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper) and str(one.__module__).partition(".")[0] == "medreward":
            assert one.cache_parameters()["maxsize"] is not None or one.cache_info().currsize <= 1, one.__qualname__
            one.cache_clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
