"""A wrong request is its own caller's matter."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from medreward.contract import Image, Rollout
from medreward_trainer.client import RequestRefused, RewardClient

from .service import replies, reply, rollout, run, says, serving, settings

LONG = "x" * 300_000  # the contract takes 262 144 characters


def test_only_the_caller_at_fault_is_refused_and_the_others_go_on() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            wrong: dict[int, dict[str, Any]] = {
                3: {"image": Image(width="wide", height=1)},  # type: ignore[arg-type]
                7: {"response": LONG},
                8: {"choices": {"A": 5}},
            }
            calls = [client.score(rollout(number, **wrong.get(number, {}))) for number in range(10)]
            ended = await asyncio.gather(*calls, return_exceptions=True)
            refused = {i: one for i, one in enumerate(ended) if isinstance(one, RequestRefused)}
            assert {i: (one.code, one.field, one.rollout) for i, one in refused.items()} == {
                3: ("invalid", "image.width", "r3"),
                7: ("too_large", "response", "r7"),
                8: ("invalid", "choices.A", "r8"),
            }
            rewards = [one.result.reward for one in ended if not isinstance(one, BaseException)]
            assert rewards == [0.0, 1.0, 2.0, 4.0, 5.0, 6.0, 9.0]
            assert len(service.requests) == 4
            assert (client.stats.refused, client.stats.scored) == (3, 7)

    run(test())


def test_what_cannot_be_sent_is_refused_before_it_meets_others() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            bad = Rollout(id="bad", response=object())  # type: ignore[arg-type]
            refused, good = await asyncio.gather(client.score(bad), client.score(rollout(1)), return_exceptions=True)
            assert isinstance(refused, RequestRefused)
            assert refused.rollout == "bad"
            assert not isinstance(good, BaseException)
            assert good.result.reward == 1.0
            assert service.sizes == [1]
            with pytest.raises(TypeError, match="rollout: must be"):
                await client.score({"id": "x"})  # type: ignore[arg-type]

    run(test())


@pytest.mark.parametrize(
    ("status", "body", "code", "field"),
    [
        (422, b'{"error":{"code":"invalid","message":"recipe: x","fields":[{"path":"recipe","message":"no such"}]}}',
         "invalid", "recipe"),
        (400, b'{"error": {"code": "malformed", "message": "no"}}', "malformed", ""),
        (401, b"who?", "http_401", ""),
        (403, b"", "http_403", ""),
        (404, b'{"error": {"code": "not_found", "message": "no"}}', "not_found", ""),
        (307, b"", "http_307", ""),
    ],
)  # fmt: skip
def test_a_refusal_of_the_whole_request_is_raised_at_every_caller_and_not_repeated(
    status: int, body: bytes, code: str, field: str
) -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = says(status, body)
            ended = await asyncio.gather(*(client.score(rollout(n)) for n in range(3)), return_exceptions=True)
            assert [(one.code, one.field) for one in ended if isinstance(one, RequestRefused)] == [(code, field)] * 3
            assert service.sizes == [3]

    run(test())


def test_score_many_raises_the_refusal_and_names_the_rollout() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            with pytest.raises(RequestRefused, match=r"response: has 300000 characters.*'r1'"):
                await client.score_many([rollout(0), rollout(1, response=LONG), rollout(2)])

    run(test())


def test_a_single_rollout_too_large_for_some_proxy_is_named() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:
            service.always = says(413, b"nginx")
            ended = await asyncio.gather(*(client.score(rollout(n)) for n in range(2)), return_exceptions=True)
            named = [(one.code, one.rollout) for one in ended if isinstance(one, RequestRefused)]
            assert named == [("too_large", "r0"), ("too_large", "r1")]

    run(test())


def test_a_batch_too_large_for_some_proxy_goes_in_halves() -> None:
    async def test() -> None:
        async with serving() as service, RewardClient(settings(service.url)) as client:

            async def narrow(request: Any, decoded: Any) -> Any:
                fits = len(decoded.rollouts) <= 2
                return await (replies(reply) if fits else says(413, b"nginx"))(request, decoded)

            service.always = narrow
            scored = await client.score_many([rollout(number) for number in range(8)])
            assert [one.result.reward for one in scored] == list(map(float, range(8)))
            assert sorted(service.sizes) == [2, 2, 2, 2, 4, 4, 8]

    run(test())


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"components": {}}, "components"),
        ({"components": {"answer": float("nan")}}, "components.answer"),
        ({"components": {"answer": True}}, "components.answer"),
        ({"components": {"answer": 10**400}}, "components"),
        ({"recipe": ""}, "recipe"),
        ({"components": {"answer": 1.0}, "recipe": "gemex"}, "recipe"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_name(arguments: dict[str, Any], field: str) -> None:
    async def test() -> None:
        async with RewardClient(settings("http://127.0.0.1:1")) as client:
            with pytest.raises(RequestRefused) as caught:
                await client.score(rollout(1), **arguments)
            assert caught.value.field == field
            for limit_s in (0.0, -1.0, float("nan"), 1e9):
                with pytest.raises(ValueError, match="deadline_s"):
                    await client.score(rollout(1), deadline_s=limit_s)

    run(test())


def test_a_refusal_travels_between_processes() -> None:
    there = pickle.loads(pickle.dumps(RequestRefused("invalid", "image.width", "no", "r1")))
    assert (there.code, there.field, there.message, there.rollout) == ("invalid", "image.width", "no", "r1")
