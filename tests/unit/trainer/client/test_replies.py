"""Replies of a newer service, and replies without end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aiohttp import web

from medreward.contract import ScoreRequest, codec
from medreward_trainer.client import RewardClient
from medreward_trainer.client.errors import Failure
from medreward_trainer.client.replies import decode

from .service import LIMIT_S, reply, rollout, run, says, serving, settings


def newer(request: ScoreRequest) -> dict[str, Any]:
    """A reply with fields that this contract does not know, at every depth."""
    body: dict[str, Any] = msgspec.to_builtins(reply(request))
    body["cost"] = {"eur": 1.0}
    body["fingerprint"] |= {"region": "eu", "judge": {"engine": "x", "new": "y"}}
    body["timing_ms"] |= {"gpu": 3.0, "judge_counts": {"asked": 2, "skipped": 1}}
    for result in body["results"]:
        result["tags"] = ["a"]
        result["components"]["answer"] |= {"confidence": 0.5, "explanation": {"any": {"thing": 1}}}
        result["trajectory"] = {"dialect": "plain", "turns": 2, "stages": [_stage | {"tokens": 3}]}
    return body


_stage = {"name": "think", "text": "t", "start": 0, "end": 1}


def test_a_newer_service_s_reply_is_read_and_its_new_fields_are_passed_over() -> None:
    async def newest(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        return web.json_response(newer(decoded))

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = newest
            scored = (await client.score_many([rollout(1), rollout(2)]))[1]
            assert (scored.result.reward, scored.unscored) == (2.0, "")
            assert scored.result.components["answer"].explanation == {"any": {"thing": 1}}
            assert scored.result.trajectory is not None
            assert scored.result.trajectory.stages[0].text == "t"
            assert scored.fingerprint is not None
            assert scored.fingerprint.judge == {"engine": "x", "new": "y"}
            assert service.sizes == [2]

    run(test())


def test_what_is_known_is_the_same_with_new_fields_beside_it() -> None:
    request = ScoreRequest(recipe="gemex", rollouts=[rollout(1)])
    plain = reply(request)
    body = msgspec.to_builtins(plain) | {"new": [1]}
    assert decode(msgspec.json.encode(body), "u") == plain == decode(codec.encode(plain), "u")


@pytest.mark.parametrize(
    "change",
    [{"reward": "1"}, {"components": []}, {"id": 1}, {"components": {"answer": {"status": "odd"}}}],
)
def test_what_is_wrong_stays_wrong_beside_new_fields(change: dict[str, Any]) -> None:
    body = newer(ScoreRequest(recipe="gemex", rollouts=[rollout(1)]))
    for name, value in change.items():
        body["results"][0][name] = value
    with pytest.raises(Failure, match="does not reply as a reward service does"):
        decode(msgspec.json.encode(body), "u")


def test_a_reply_without_end_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" " * 2**16)
            sent += 2**16

    async def test() -> None:
        configured = {"max_reply_bytes": 2**20, "attempts": 2, "deadline_s": LIMIT_S - 5}
        async with serving() as service, RewardClient(settings(service.url, **configured)) as client:
            service.always = endless
            scored = await client.score(rollout(1))
            assert scored.unscored == "unavailable"
            assert "larger than max_reply_bytes = 1048576" in scored.reason
            assert len(service.requests) == 2

    run(test())
    assert sent < 2**26


def test_a_reply_that_unpacks_to_more_than_the_limit_is_not_unpacked_to_its_end() -> None:
    async def packed(request: web.Request, decoded: ScoreRequest) -> web.StreamResponse:
        answer = web.Response(body=codec.encode(reply(decoded)) + b" " * 2**22)
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, max_reply_bytes=2**20)) as client:
            service.faults = [packed]
            assert (await client.score(rollout(1))).result.reward == 1.0
            assert client.stats.retries["unavailable"] == 1

    run(test())


def test_an_error_s_text_is_cut() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url, attempts=1)) as client:
            service.always = says(503, msgspec.json.encode({"error": {"code": "unavailable", "message": "x" * 10**6}}))
            assert len((await client.score(rollout(1))).reason) < 3000

    run(test())
