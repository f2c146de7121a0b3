"""What the client can be told, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from medreward.contract import ScoreRequest
from medreward_trainer.client import ClientSettings, RewardClient

from .service import rollout, run, serving, settings

KEY = "s3cret-key"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"urls": []}, "urls"),
        ({"urls": ["ftp://host"]}, "http://host:8000"),
        ({"urls": ["host:8000"]}, "http://host:8000"),
        ({"urls": ["http://"]}, "http://host:8000"),
        ({"urls": ["http://host:port"]}, "no URL"),
        ({"urls": ["http://me:pass@host"]}, "api_key"),
        ({"urls": ["http://host?x=1"]}, "no query"),
        ({"urls": ["grpc://host"]}, "grpc://host:9000"),
        ({"urls": ["grpc://host:1/path"]}, "grpc://host:9000"),
        ({"urls": ["http://a", "http://a"]}, "twice"),
        ({"urls": ["http://a", "http://a/"]}, "twice"),
        ({"recipe": ""}, "recipe"),
        ({"max_rollouts": 5000}, "max_rollouts"),
        ({"max_bytes": 2**26}, "max_bytes"),
        ({"deadline_s": 0}, "deadline_s"),
        ({"deadline_s": float("nan")}, "deadline_s"),
        ({"first_wait_s": 9.0}, "first_wait_s"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ClientSettings(**{"urls": ["http://host:8000"], "recipe": "gemex", **fields})


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", ""])
def test_an_unusable_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings("http://host", api_key=key)
    assert "api_key" in str(caught.value)
    assert not key or key not in str(caught.value)


def test_the_key_comes_from_the_environment_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDREWARD_API_KEY", KEY)
    for fields in ({}, {"api_key": None}):
        key = settings("http://host", **fields).api_key
        assert key is not None
        assert key.get_secret_value() == KEY
    other = settings("http://host", api_key="other").api_key
    assert other is not None
    assert other.get_secret_value() == "other"
    monkeypatch.delenv("MEDREWARD_API_KEY")
    assert settings("http://host").api_key is None


def test_the_key_is_sent_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, api_key=KEY)) as client:
            await client.score(rollout(1))
            assert service.headers[0]["Authorization"] == f"Bearer {KEY}"
        async with RewardClient(settings("http://127.0.0.1:1", api_key=KEY)) as client:
            scored = await client.score(rollout(1), deadline_s=0.2)
            assert KEY not in repr((client, client.settings, scored, client.stats))

    with caplog.at_level(0):
        run(test())
    assert KEY not in caplog.text
    assert KEY not in settings("http://host", api_key=KEY).model_dump_json()


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("of_the_contract", [False, True])
def test_a_key_that_is_echoed_at_us_is_not_passed_on(status: int, of_the_contract: bool) -> None:
    async def echoes(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        said = f"{'x' * 150} no such header: {request.headers['Authorization']}" + "y" * 200
        body = {"error": {"code": "invalid" if status == 400 else "unavailable", "message": said}}
        return web.json_response(body, status=status) if of_the_contract else web.Response(text=said, status=status)

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, api_key=KEY, attempts=1)) as client:
            service.always = echoes
            (ended,) = await asyncio.gather(client.score(rollout(1)), return_exceptions=True)
            assert "no such header: Bearer [key]" in str(ended)
            assert KEY[:4] not in repr(ended)

    run(test())


def test_settings_travel_between_processes_with_their_key() -> None:
    configured = settings("http://host", api_key=KEY)
    there = pickle.loads(pickle.dumps(configured))
    assert there == configured
    assert there.key == KEY


def test_numbers_for_the_logs_are_flat_and_leave_out_what_has_no_value() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            before = client.stats.flat()
            assert before["requests"] == 0.0
            assert not {"latency_s/p50", "rollouts_per_request"} & set(before)
            await client.score_many([rollout(1), rollout(2)])
            after = client.stats.flat()
            assert (after["requests"], after["rollouts"], after["scored"], after["rollouts_per_request"]) == (
                1,
                2,
                2,
                2,
            )
            assert 0 < after["latency_s/p50"] <= after["latency_s/p95"] <= after["latency_s/max"]
            assert set(before) < set(after)
            assert all(isinstance(number, float) for number in after.values())

    run(test())
