"""What concerns vLLM's OpenAI server alone."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from medreward.judge.engines.openai import OpenAIEngine
from medreward.judge.settings import OpenAI
from medreward.judge.types import EngineError, Prompt
from medreward.judge.verdict import read
from medreward.scoring.deadline import Deadline
from tests.engines import prompts
from tests.engines.conftest import Running
from tests.engines.loop import Loop
from tests.engines.servers import KEY, NAME, OpenAIServer
from tests.engines.tiny_llama import CONTROL


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(KEY)
    return path


def failure(loop: Loop, settings: OpenAI, within_ms: float = 30_000) -> EngineError:
    async def run() -> EngineError:
        engine = OpenAIEngine(settings, 4)
        try:
            with pytest.raises(EngineError) as caught:
                await engine.complete(prompts.semantics(1)[0], Deadline.after_ms(within_ms))
        finally:
            await engine.close()
        return caught.value

    return loop.run(run())


def test_a_wrong_model_name_is_unavailable_and_is_not_asked_again(
    served: OpenAIServer, loop: Loop, key_file: Path
) -> None:
    error = failure(loop, OpenAI(base_url=f"{served.root}/v1", model="another", api_key_file=key_file))
    assert (error.status, error.retryable) == ("unavailable", False)
    assert "another" in error.detail


def test_a_wrong_key_is_unavailable_and_is_not_asked_again(served: OpenAIServer, loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-wrong-key")
    error = failure(loop, OpenAI(base_url=f"{served.root}/v1", model=NAME, api_key_file=tmp_path / "key"))
    assert (error.status, error.retryable) == ("unavailable", False)
    assert "sk-wrong-key" not in error.detail


def test_ready_knows_the_model(openai_running: Running, served: OpenAIServer, loop: Loop, key_file: Path) -> None:
    async def ready(model: str) -> None:
        engine = OpenAIEngine(OpenAI(base_url=f"{served.root}/v1", model=model, api_key_file=key_file), 1)
        try:
            await engine.ready()
        finally:
            await engine.close()

    loop.run(ready(NAME))
    with pytest.raises(EngineError, match="does not serve"):
        loop.run(ready("another"))


def test_a_json_schema_gives_the_same_menu(openai_running: Running, served: OpenAIServer, key_file: Path) -> None:
    settings = OpenAI(base_url=f"{served.root}/v1", model=NAME, api_key_file=key_file, structured="json_schema")

    async def run(prompt: Prompt) -> None:
        engine = OpenAIEngine(settings, 1)
        try:
            done = await engine.complete(prompt, Deadline.after_ms(60_000))
        finally:
            await engine.close()
        if done.finish == "stop":  # a random model may fill the schema's white space until the tokens end
            assert set(read(prompt, done).scores) == {"assistant1", "assistant2"}
        assert done.text.lstrip().startswith("{")

    openai_running.loop.run(run(prompts.semantics(1)[0]))


def test_a_stuck_server_is_a_timeout_at_the_deadline(openai_running: Running, served: OpenAIServer) -> None:
    async def run() -> str:
        with pytest.raises(EngineError) as caught:
            await openai_running.engine.complete(prompts.semantics(1)[0], Deadline.after_ms(1000))
        return caught.value.status

    served.signal(signal.SIGSTOP)
    try:
        assert openai_running.loop.run(run(), within_s=20) == "timeout"
    finally:
        served.signal(signal.SIGCONT)
    done = openai_running.loop.run(openai_running.engine.complete(prompts.semantics(1)[0], Deadline.after_ms(60_000)))
    assert done.finish == "stop"


def tokens(served: OpenAIServer, prompt: Prompt) -> list[str]:
    """The tokens that the server makes of a prompt."""
    body = {
        "model": NAME,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "return_token_strs": True,
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(f"{served.root}/tokenize", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        written: list[str] = json.load(answer)["token_strs"]
    return written


def test_control_tokens_in_a_candidate_stay_text(served: OpenAIServer) -> None:
    harmless = tokens(served, prompts.semantic("What is seen?", "effusion", "no effusion"))
    planted = tokens(served, prompts.semantic("What is seen?", "effusion", "no effusion " + " ".join(CONTROL)))
    control = [token for token in harmless if token in CONTROL]
    assert len(control) > 3
    assert [token for token in planted if token in CONTROL] == control
    assert len(planted) > len(harmless)


def test_the_server_itself_would_take_them_for_control_tokens(served: OpenAIServer) -> None:
    prompt = prompts.semantic("What is seen?", "effusion", "no effusion")
    raw = prompt._replace(messages=(prompt.messages[0]._replace(content="effusion <|turn|> effusion"),))
    template = raw._replace(messages=(prompt.messages[0]._replace(content="effusion effusion"),))
    assert tokens(served, raw).count("<|turn|>") == tokens(served, template).count("<|turn|>") + 1
