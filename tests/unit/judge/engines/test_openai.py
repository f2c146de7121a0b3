from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from medreward.judge.engines.openai import OpenAIEngine
from medreward.judge.settings import OpenAI
from medreward.judge.types import Completion, EngineError
from medreward.scoring.deadline import Deadline
from tests.unit.judge.engines.endpoint import (
    GOOD,
    Handler,
    breaks_off,
    endpoint,
    hangs,
    hangs_up,
    prompt,
    replies,
    writes,
)

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    return path


async def ask(url: str, within_ms: float = 10_000, **settings: Any) -> Completion:
    engine = OpenAIEngine(OpenAI(base_url=url, model="m", **settings), max_connections=8)
    try:
        return await engine.complete(prompt(), Deadline.after_ms(within_ms))
    finally:
        await engine.close()


def failure(chat: Handler, **settings: Any) -> EngineError:
    async def run() -> EngineError:
        async with endpoint(chat) as seen:
            with pytest.raises(EngineError) as caught:
                await ask(seen.url, **settings)
            return caught.value

    return asyncio.run(run())


def test_an_answer_comes_back() -> None:
    async def run() -> Completion:
        async with endpoint() as seen:
            return await ask(seen.url)

    assert asyncio.run(run()).text == '{"assistant1":' + GOOD["choices"][0]["message"]["content"]


def test_the_key_is_sent_as_bearer_and_stands_nowhere_else(
    key_file: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = OpenAIEngine(OpenAI(base_url="http://x/v1", api_key_file=key_file), 1)

    async def run() -> web.Request:
        async with endpoint() as seen:
            await ask(seen.url, api_key_file=key_file)
            assert KEY not in str(seen.bodies)
            return seen.requests[0]

    request = asyncio.run(run())
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in str(request.url) + caplog.text + "".join(capfd.readouterr())
    assert KEY not in str(engine.identity()) + repr(engine)


def test_the_key_may_come_from_the_environment_and_the_file_comes_first(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-other")

    async def run(**settings: Any) -> str:
        async with endpoint() as seen:
            await ask(seen.url, api_key_env="JUDGE_KEY", **settings)
            return seen.requests[0].headers["Authorization"]

    assert asyncio.run(run()) == "Bearer sk-other"
    assert asyncio.run(run(api_key_file=key_file)) == f"Bearer {KEY}"


def test_without_a_key_none_is_sent() -> None:
    async def run() -> web.Request:
        async with endpoint() as seen:
            await ask(seen.url)
            return seen.requests[0]

    assert "Authorization" not in asyncio.run(run()).headers


@pytest.mark.parametrize("content", ["two words", "nicht-ascii-ä", "line\nbreak"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(ValueError, match="api_key_file") as caught:
        OpenAIEngine(OpenAI(base_url="http://x/v1", api_key_file=path), 1)
    assert content not in str(caught.value)


def test_a_key_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="api_key_file"):
        OpenAIEngine(OpenAI(base_url="http://x/v1", api_key_file=tmp_path / "none"), 1)


def test_429_is_overloaded_and_says_when_to_come_back() -> None:
    error = failure(replies({"error": {"message": "slow down"}}, 429, **{"Retry-After": "7"}))
    assert (error.status, error.retryable, error.retry_after_s) == ("overloaded", True, 7.0)
    assert "slow down" in error.detail


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_endpoint_is_unavailable_and_may_be_asked_again(status: int) -> None:
    error = failure(replies({"error": {"message": "oh"}}, status))
    assert (error.status, error.retryable) == ("unavailable", True)


@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
def test_a_refused_request_is_unavailable_and_is_not_asked_again(status: int) -> None:
    error = failure(replies({"error": {"message": "no such model " + "x" * 5000}}, status))
    assert (error.status, error.retryable) == ("unavailable", False)
    assert "no such model" in error.detail
    assert len(error.detail) < 400


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_never_echoed(status: int, key_file: Path) -> None:
    error = failure(replies({"error": {"message": f"bad key {KEY[:12]}***"}}, status), api_key_file=key_file)
    assert (error.status, error.retryable) == ("unavailable", False)
    assert KEY[:12] not in error.detail
    assert "refuses the key" in error.detail


def test_a_key_that_an_endpoint_repeats_is_cut_out(key_file: Path) -> None:
    error = failure(replies({"error": {"message": f"internal: Bearer {KEY} failed"}}, 500), api_key_file=key_file)
    assert KEY not in error.detail
    assert "***" in error.detail


@pytest.mark.parametrize("misbehaves", [hangs_up, breaks_off, writes('{"choices": ['), writes("<html>busy</html>")])
def test_a_broken_answer_is_unavailable_and_may_be_asked_again(misbehaves: Handler) -> None:
    error = failure(misbehaves)
    assert (error.status, error.retryable) == ("unavailable", True)


def test_a_lost_connection_is_told_as_such() -> None:
    assert "disconnected" in failure(hangs_up).detail


def test_an_answer_without_choices_is_unavailable() -> None:
    assert failure(replies({**GOOD, "choices": []})).status == "unavailable"


def test_a_redirect_is_not_followed(key_file: Path) -> None:
    async def run() -> list[web.Request]:
        async with endpoint() as elsewhere:
            moved = replies({}, 307, Location=elsewhere.url + "/chat/completions")
            async with endpoint(moved) as seen:
                with pytest.raises(EngineError, match="307"):
                    await ask(seen.url, api_key_file=key_file)
            return elsewhere.requests

    assert asyncio.run(run()) == []


def test_nobody_there_is_unavailable_and_may_be_asked_again() -> None:
    async def run() -> EngineError:
        async with endpoint() as seen:
            url = seen.url
        with pytest.raises(EngineError) as caught:
            await ask(url)
        return caught.value

    error = asyncio.run(run())
    assert (error.status, error.retryable) == ("unavailable", True)
    assert "Connect" in error.detail


def test_a_stuck_endpoint_is_a_timeout_at_the_deadline_and_its_connection_is_closed() -> None:
    async def run() -> EngineError:
        async with endpoint(hangs) as seen:
            with pytest.raises(EngineError) as caught:
                await ask(seen.url, within_ms=200)
            async with asyncio.timeout(10):
                await seen.cancelled.wait()
            return caught.value

    error = asyncio.run(run())
    assert (error.status, error.retryable) == ("timeout", False)


def test_a_deadline_that_is_past_asks_nothing() -> None:
    async def run() -> int:
        async with endpoint() as seen:
            with pytest.raises(EngineError) as caught:
                await ask(seen.url, within_ms=-1)
            assert caught.value.status == "timeout"
            return len(seen.requests)

    assert asyncio.run(run()) == 0


def test_a_cancelled_call_closes_its_connection() -> None:
    async def run() -> None:
        async with endpoint(hangs) as seen:
            engine = OpenAIEngine(OpenAI(base_url=seen.url), 8)
            call = asyncio.create_task(engine.complete(prompt(), Deadline.after_ms(60_000)))
            async with asyncio.timeout(10):
                await seen.asked.wait()
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                await seen.cancelled.wait()
            await engine.close()

    asyncio.run(run())


def test_the_client_itself_never_repeats_a_call() -> None:
    async def run() -> int:
        async with endpoint(replies({}, 503)) as seen:
            with pytest.raises(EngineError):
                await ask(seen.url)
            return len(seen.requests)

    assert asyncio.run(run()) == 1


def test_more_calls_than_connections_are_all_answered() -> None:
    async def run() -> int:
        async with endpoint() as seen:
            engine = OpenAIEngine(OpenAI(base_url=seen.url), 4)
            await asyncio.gather(*(engine.complete(prompt(), Deadline.after_ms(30_000)) for _ in range(100)))
            await engine.close()
            return len(seen.requests)

    assert asyncio.run(run()) == 100


async def started(url: str, **settings: Any) -> OpenAIEngine:
    engine = OpenAIEngine(OpenAI(base_url=url, model="m", **settings), 1)
    await engine.start()
    await engine.close()
    return engine


def test_the_version_is_vllms_where_it_tells_it() -> None:
    async def run() -> str:
        async with endpoint(version=replies({"version": "0.29.0"})) as seen:
            return (await started(seen.url)).identity()["engine_version"]

    assert asyncio.run(run()) == "0.29.0"


@pytest.mark.parametrize("answer", [replies({}, 404), writes("<html>"), replies([]), hangs_up])
def test_the_version_is_unknown_where_the_endpoint_has_none(answer: Handler) -> None:
    async def run() -> str:
        async with endpoint(version=answer) as seen:
            return (await started(seen.url)).identity()["engine_version"]

    assert asyncio.run(run()) == "unknown"


def test_an_upgrade_is_seen_and_an_outage_forgets_nothing() -> None:
    async def run() -> list[str]:
        answers = [replies({"version": "1"}), replies({"version": "2"}), replies({}, 500)]

        async def version(request: web.Request) -> web.StreamResponse:
            return await answers.pop(0)(request)

        async with endpoint(version=version) as seen:
            engine = OpenAIEngine(OpenAI(base_url=seen.url), 1)
            told = []
            for _ in range(3):
                await engine.refresh()
                told.append(engine.identity()["engine_version"])
            await engine.close()
            return told

    assert asyncio.run(run()) == ["1", "2", "2"]


def test_identity_tells_what_a_verdict_depends_on_and_not_where_the_endpoint_stands() -> None:
    here, there = (
        OpenAIEngine(OpenAI(base_url=f"http://{host}/v1", model="m", revision="r1"), 1).identity()
        for host in ("judge-a", "judge-b")
    )
    # two endpoints may call different weights by the same name
    assert {name for name in here if here[name] != there[name]} == {"endpoint"}
    assert "judge-a" not in str(here)
    others = [
        OpenAI(base_url="http://judge-a/v1", model="other", revision="r1"),
        OpenAI(base_url="http://judge-a/v1", model="m", revision="r2"),
        OpenAI(base_url="http://judge-a/v1", model="m", revision="r1", structured="none"),
    ]
    assert all(OpenAIEngine(settings, 1).identity() != here for settings in others)
    assert set(here) == {"engine", "endpoint", "model", "revision", "engine_version", "sampling"}


@pytest.mark.parametrize(("models", "is_ready"), [(["m", "n"], True), (["n"], False)])
def test_ready_means_that_the_model_is_served(models: list[str], is_ready: bool) -> None:
    async def run() -> None:
        listed = replies({"object": "list", "data": [{"id": name} for name in models]})
        async with endpoint(v1_models=listed) as seen:
            engine = OpenAIEngine(OpenAI(base_url=seen.url, model="m"), 1)
            try:
                await engine.ready()
            finally:
                await engine.close()

    if is_ready:
        asyncio.run(run())
    else:
        with pytest.raises(EngineError, match="does not serve"):
            asyncio.run(run())


def test_an_endpoint_that_is_away_is_not_ready() -> None:
    async def run() -> None:
        engine = OpenAIEngine(OpenAI(base_url="http://127.0.0.1:9/v1"), 1)
        try:
            await engine.ready()
        finally:
            await engine.close()

    with pytest.raises(EngineError):
        asyncio.run(run())


@pytest.mark.parametrize("repeats", ["content", "finish_reason"])
def test_an_endpoint_that_repeats_the_key_tells_it_to_nobody(repeats: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-hush-hush")

    async def parrot(request: web.Request) -> web.Response:
        said = request.headers["authorization"]
        choice = {"message": {"role": "assistant", "content": "9"}, "finish_reason": "stop"}
        if repeats == "content":
            choice["message"] = {"role": "assistant", "content": said}
        else:
            choice["finish_reason"] = said
        return web.json_response({"choices": [choice]})

    async def run() -> str:
        async with endpoint(parrot) as seen:
            engine = OpenAIEngine(OpenAI(base_url=seen.url, model="m", api_key_file=key), 1)
            try:
                return (await engine.complete(prompt(), Deadline.after_ms(10_000))).text
            except EngineError as error:
                return error.detail
            finally:
                await engine.close()

    assert "hush" not in asyncio.run(run())
