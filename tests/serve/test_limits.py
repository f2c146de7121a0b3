"""A served cluster that is asked for more than it has: by one client, by all of them, and by some who hang up.

The judge's engine is the tests' own endpoint, which takes as long for an answer as it is told.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
import yaml
from aiohttp import web

from medreward.contract import codec
from medreward.contract import types as t
from medreward.contract.v1 import reward_pb2 as pb
from medreward.contract.v1 import reward_pb2_grpc as pb_grpc
from tests.running import Cluster, served
from tests.serve.test_openai_judge import Endpoint, fresh

AT_A_TIME = 4
ANSWER_S = 0.25
BURST = 20  # requests that client ``few`` may send at once, to one replica


class Slow(Endpoint):
    async def _slow(self, body: Any) -> web.StreamResponse:
        await asyncio.sleep(ANSWER_S)
        return await self._good(body)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Slow]:
    running = Slow()
    running.mode = "slow"
    yield running
    running.close()


@pytest.fixture(scope="module")
def line(endpoint: Slow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two ingress replicas, two clients, and a judge that may have four judgements in the endpoint."""
    directory = tmp_path_factory.mktemp("limits")
    keys = directory / "keys"
    keys.mkdir()
    for client in ("few", "many"):
        (keys / client).write_text(f"key-of-{client}")
    settings = {
        "ingress": {"replicas": 2, "cpus": 0.5},
        "auth": {"keys_dir": str(keys)},
        "limits": {"per_client": {"overrides": {"few": {"requests_per_s": 1, "burst_s": BURST}}}},
        # a machine that is busy with other things must not make it late
        "admission": {"margin": 1.5},
        "judge": {
            "engine": "openai",
            "openai": {"base_url": endpoint.url, "model": "m", "revision": "r"},
            "max_concurrency": AT_A_TIME,
            "retries": 0,
        },
    }
    config = directory / "settings.yaml"
    config.write_text(yaml.safe_dump(settings))
    with served(directory / "serve.log", "--config", str(config)) as running:
        yield running


def key(client: str) -> dict[str, str]:
    return {"authorization": f"Bearer key-of-{client}"}


def judged(count: int, deadline_ms: int) -> bytes:
    given = [
        t.Rollout(
            id=str(number),
            question="What is seen?",
            question_type="open_ended",
            response=f"<think>-</think><response><answer>{fresh(9)} {number}</answer></response>",
            reference=t.Reference("effusion"),
        )
        for number in range(count)
    ]
    return codec.encode(t.ScoreRequest(components={"semantics": 1.0}, rollouts=given, deadline_ms=deadline_ms))


KEY_LINE = "authorization: Bearer key-of-many"
EASY = b'{"components": {"format": 1.0}, "rollouts": [{"id": "1", "response": "x"}]}'


def settled(endpoint: Slow, inside: int, limit_s: float = 30.0) -> int:
    until = time.monotonic() + limit_s
    while endpoint.inside != inside and time.monotonic() < until:
        time.sleep(0.05)
    return endpoint.inside


def test_a_client_over_its_rate_is_refused_and_no_other_is(line: Cluster) -> None:
    async def ask(client: httpx.AsyncClient, name: str) -> httpx.Response:
        return await client.post("/v1/score", content=EASY, headers=key(name))

    async def run() -> tuple[list[httpx.Response], list[httpx.Response]]:
        async with httpx.AsyncClient(base_url=line.url, timeout=60) as client:
            few = [ask(client, "few") for _ in range(100)]
            many = [ask(client, "many") for _ in range(100)]
            answers = await asyncio.gather(*few, *many)
            return answers[:100], answers[100:]

    few, many = asyncio.run(run())
    assert Counter(answer.status_code for answer in many) == {200: 100}
    codes = Counter(answer.status_code for answer in few)
    assert set(codes) == {200, 429}
    # each of the two replicas lets a burst through, and over time half of the rate
    assert BURST <= codes[200] <= 2 * BURST + 5
    for answer in few:
        if answer.status_code == 429:
            assert answer.json()["error"]["code"] == "rate_limited"
            wait_ms = int(answer.headers["retry-after-ms"])
            assert 0 < wait_ms <= 1000 * int(answer.headers["retry-after"]) <= wait_ms + 1000


def test_over_grpc_the_same_client_is_told_the_same(line: Cluster) -> None:
    with grpc.insecure_channel(line.grpc) as channel:
        stub = pb_grpc.RewardServiceStub(channel)  # type: ignore[no-untyped-call]
        request = pb.ScoreRequest(components={"format": 1.0}, rollouts=[pb.Rollout(id="1", response="x")])

        def refusal() -> grpc.RpcError:
            for _ in range(2 * BURST + 50):
                try:
                    stub.Score(request, metadata=tuple(key("few").items()), timeout=30)
                except grpc.RpcError as error:
                    return error
            raise AssertionError("nothing was refused")

        error = refusal()
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        trailing = dict(error.trailing_metadata())
        assert pb.ErrorReply.FromString(trailing["medreward-error-bin"]).error.code == "rate_limited"
        assert int(trailing["retry-after-ms"]) > 0
        stub.Score(request, metadata=tuple(key("many").items()), timeout=30)


def test_ten_times_too_much_is_scored_as_far_as_there_is_time_and_the_rest_refused_at_once(
    line: Cluster, endpoint: Slow
) -> None:
    endpoint.mode = "slow"

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=line.url, timeout=120, headers=key("many")) as client:

            async def ask(count: int, deadline_ms: int) -> httpx.Response:
                return await client.post("/v1/score", content=judged(count, deadline_ms))

            # the pace is known from here on
            assert (await ask(4 * AT_A_TIME, 60_000)).status_code == 200
            endpoint.bodies.clear()
            # 80 judgements would be possible until the deadline, and 800 are asked for
            return await asyncio.gather(*(ask(4, 5000) for _ in range(200)))

    answers = asyncio.run(run())
    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) == {200, 429}, codes
    statuses = Counter(
        result["components"]["semantics"]["status"]
        for answer in answers
        if answer.status_code == 200
        for result in answer.json()["results"]
    )
    assert statuses["ok"] >= 16, statuses
    # a batch that was let in may be late where the machine has just become slower
    assert statuses["ok"] > statuses.total() - statuses["ok"], statuses
    # what was refused has cost the engine nothing
    assert len(endpoint.bodies) <= statuses.total()
    for answer in answers:
        if answer.status_code == 429:
            assert answer.json()["error"]["code"] == "overloaded"
            assert int(answer.headers["retry-after-ms"]) > 0
    settled(endpoint, 0)
    again = httpx.post(f"{line.url}/v1/score", content=judged(1, 5000), headers=key("many"), timeout=60)
    assert again.status_code == 200
    assert again.json()["results"][0]["components"]["semantics"]["status"] == "ok"
    metrics = httpx.get(f"{line.url}/metrics", timeout=60).text
    assert 'medreward_admission_refused_total{why="judge"}' in metrics
    assert 'medreward_client_requests_total{client="few",code="rate_limited"}' in metrics


@pytest.mark.parametrize("body", ["with the headers", "after the headers"])
def test_the_judge_s_work_stops_when_its_caller_hangs_up(line: Cluster, endpoint: Slow, body: str) -> None:
    endpoint.mode = "stuck"
    host, port = line.url.removeprefix("http://").split(":")
    callers = []
    for _ in range(AT_A_TIME):
        caller = socket.create_connection((host, int(port)))
        content = judged(1, 600_000)
        lines = ("POST /v1/score HTTP/1.1", "Host: x", KEY_LINE, f"Content-Length: {len(content)}", "", "")
        head = "\r\n".join(lines).encode()
        if body == "with the headers":
            caller.sendall(head + content)
        else:
            caller.sendall(head)
            time.sleep(0.05)  # so that it is a packet of its own
            caller.sendall(content)
        callers.append(caller)
    assert settled(endpoint, AT_A_TIME) == AT_A_TIME
    for caller in callers:
        caller.close()
    assert settled(endpoint, 0) == 0
    endpoint.mode = "slow"


def test_the_judge_s_work_stops_when_a_grpc_call_is_cancelled(line: Cluster, endpoint: Slow) -> None:
    endpoint.mode = "stuck"
    decoded = codec.decode_request(judged(1, 600_000), codec.Limits())
    rollout = decoded.rollouts[0]
    request = pb.ScoreRequest(
        components={"semantics": 1.0},
        deadline_ms=600_000,
        rollouts=[
            pb.Rollout(
                id="1",
                question=rollout.question,
                question_type=rollout.question_type,
                response=rollout.response,
                reference=pb.Reference(answer="effusion"),
            )
        ],
    )
    with grpc.insecure_channel(line.grpc) as channel:
        stub = pb_grpc.RewardServiceStub(channel)  # type: ignore[no-untyped-call]
        call = stub.Score.future(request, metadata=tuple(key("many").items()))
        assert settled(endpoint, 1) == 1
        call.cancel()
        assert settled(endpoint, 0) == 0
    endpoint.mode = "slow"
