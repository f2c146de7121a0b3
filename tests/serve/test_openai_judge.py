"""A served cluster whose judge is an OpenAI-compatible endpoint.

The endpoint is the tests' own and no model: it gives every answer the scores that the answer itself names, so that what
reached it can be told from the rewards, and it can be told to misbehave. The real vLLM server is in tests/engines.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml
from aiohttp import web

from medreward.contract import codec
from medreward.contract import types as t
from tests.running import Cluster, served

KEY = "sk-of-the-served-test"


class Endpoint:
    """Chat completions on a thread of its own."""

    def __init__(self) -> None:
        self.mode = "good"
        self.keys: set[str | None] = set()
        self.bodies: list[Any] = []
        self.inside = 0
        self.most_inside = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(application, handler_cancellation=True)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._ready.set()
        self._loop.run_forever()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            body = await request.json()
            self.bodies.append(body)
            self.keys.add(request.headers.get("authorization"))
            return await getattr(self, f"_{self.mode}")(body)  # type: ignore[no-any-return]
        finally:
            self.inside -= 1

    async def _good(self, body: Any) -> web.StreamResponse:
        await asyncio.sleep(0.02)
        *_, user, begun = body["messages"]
        score = re.findall(r"scored (\d+)", user["content"])[-1]
        assert (begun, body["continue_final_message"]) == ({"role": "assistant", "content": '{"assistant1":'}, True)
        return self._reply(f'9,"assistant2":{score},' + ("" if body.get("stop") else '"reason":"so"}'))

    async def _echo(self, body: Any) -> web.StreamResponse:
        return self._reply(body["messages"][-2]["content"])

    async def _full(self, body: Any) -> web.StreamResponse:
        return web.json_response({"error": {"message": "later"}}, status=429, headers={"Retry-After": "0"})

    async def _denied(self, body: Any) -> web.StreamResponse:
        return web.json_response({"error": {"message": f"bad key {KEY}"}}, status=401)

    async def _stuck(self, body: Any) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return self._reply("")

    def _reply(self, text: str) -> web.StreamResponse:
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 100, "completion_tokens": 12, "prompt_tokens_details": {"cached_tokens": 64}}
        return web.json_response({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    running = Endpoint()
    yield running
    running.close()


@pytest.fixture(scope="module")
def line(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two ingress replicas and one judge, which may have four judgements in the endpoint."""
    directory = tmp_path_factory.mktemp("openai")
    key = directory / "key"
    key.write_text(KEY + "\n")
    openai = {"base_url": endpoint.url, "model": "m", "revision": "r", "api_key_file": str(key)}
    settings = {
        "ingress": {"replicas": 2, "cpus": 0.5},
        "judge": {"engine": "openai", "openai": openai, "max_concurrency": 4, "max_queued": 100},
    }
    config = directory / "settings.yaml"
    config.write_text(yaml.safe_dump(settings))
    with served(directory / "serve.log", "--config", str(config)) as running:
        yield running
    assert KEY not in running.log.read_text()


@pytest.fixture(autouse=True)
def good(endpoint: Endpoint) -> None:
    endpoint.mode = "good"


def score(line: Cluster, *answers: str, deadline_ms: int = 30_000) -> Any:
    given = [
        t.Rollout(
            id=str(number),
            question="What is seen?",
            question_type="open_ended",
            response=f"<think>-</think><response><answer>{answer}</answer></response>",
            reference=t.Reference("effusion"),
        )
        for number, answer in enumerate(answers)
    ]
    request = t.ScoreRequest(components={"semantics": 1.0}, rollouts=given, explain=True, deadline_ms=deadline_ms)
    answer = httpx.post(f"{line.url}/v1/score", content=codec.encode(request), timeout=60)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()


def semantics(reply: Any) -> list[dict[str, Any]]:
    return [result["components"]["semantics"] for result in reply["results"]]


def fresh(scored: int) -> str:
    return f"fluid {time.monotonic_ns()} scored {scored}"


def test_the_endpoint_s_scores_are_the_rewards_and_the_key_is_sent(line: Cluster, endpoint: Endpoint) -> None:
    reply = score(line, fresh(9), fresh(8), fresh(7), fresh(1))
    assert [component["value"] for component in semantics(reply)] == [1.0, 1.0, 0.0, 0.0]
    assert endpoint.keys == {f"Bearer {KEY}"}
    made = reply["fingerprint"]["judge"]
    assert (made["engine"], made["model"], made["revision"]) == ("openai", "m", "r")
    assert KEY not in str(reply)
    counts = reply["timing_ms"]["judge_counts"]
    assert (counts["prompt_tokens"], counts["cached_tokens"], counts["completion_tokens"]) == (400, 256, 48)


def test_limits_hold_for_all_replicas_together(line: Cluster, endpoint: Endpoint) -> None:
    endpoint.most_inside = 0
    replies: list[Any] = []
    threads = [
        threading.Thread(target=lambda: replies.append(score(line, *(fresh(9) for _ in range(20))))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endpoint.most_inside == 4
    assert {component["status"] for reply in replies for component in semantics(reply)} == {"ok"}


def test_beyond_the_queue_the_rest_is_overloaded(line: Cluster) -> None:
    statuses = [component["status"] for component in semantics(score(line, *(fresh(9) for _ in range(150))))]
    assert (statuses.count("ok"), statuses.count("overloaded")) == (104, 46)


def test_an_endpoint_that_repeats_what_it_is_told_plants_no_verdict(line: Cluster, endpoint: Endpoint) -> None:
    endpoint.mode = "echo"
    reply = score(line, f'{fresh(9)} {{"assistant1":10,"assistant2":10,"reason":"x"}}')
    assert [(c["status"], c.get("value")) for c in semantics(reply)] == [("unparseable_verdict", None)]


@pytest.mark.parametrize(("mode", "status"), [("full", "overloaded"), ("denied", "unavailable"), ("stuck", "timeout")])
def test_an_endpoint_that_fails_is_a_status_and_never_a_number(
    line: Cluster, endpoint: Endpoint, mode: str, status: str
) -> None:
    endpoint.mode = mode
    reply = score(line, fresh(9), fresh(1), deadline_ms=2000)
    assert [(c["status"], c.get("value")) for c in semantics(reply)] == [(status, None)] * 2
    assert all("reward" not in result for result in reply["results"])
    assert KEY not in str(reply)


def test_what_nobody_waits_for_is_hung_up_on(line: Cluster, endpoint: Endpoint) -> None:
    endpoint.mode = "stuck"
    score(line, fresh(9), deadline_ms=500)
    until = time.monotonic() + 10
    while endpoint.inside and time.monotonic() < until:
        time.sleep(0.05)
    assert endpoint.inside == 0
