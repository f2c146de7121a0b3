"""The chat-completions protocol, as every engine but the embedded one speaks it: pure functions, no connection.

Prompt -> body() -> request; reply -> completion() -> Completion
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from medreward.judge.engines.schema import response_format
from medreward.judge.types import Completion, EngineError, Prompt, Token

Structured = Literal["vllm", "sglang", "json_schema", "none"]
"""how an engine is asked to keep to the verdict's form"""

SEED = 0
_IMPOSSIBLE = -9000.0
"""vLLM writes -9999 where a token's probability is zero, as for one that the constraint forbids"""


def body(prompt: Prompt, model: str, structured: Structured) -> dict[str, Any]:
    """The request for one judgement: greedy, one choice, not streamed.

    vLLM is given the beginning that all replies have, and goes on from it: what a constraint leaves no choice about is
    read in one step in place of being written token by token, a quarter of the tokens before the last score.

    The penalties are written out since a model's own ``generation_config.json`` may carry others, which a server
    applies to whoever does not say.
    """
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "temperature": 0.0,
        "top_p": 1.0,
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
        "seed": SEED,
        "n": 1,
        "stream": False,
        "max_tokens": prompt.max_tokens,
    }
    if prompt.stop:
        request["stop"] = list(prompt.stop)
    if prompt.top_logprobs:
        request["logprobs"] = True
        request["top_logprobs"] = prompt.top_logprobs
    if structured in ("vllm", "sglang"):
        request["repetition_penalty"] = 1.0  # not in OpenAI's protocol: others refuse what they do not know
    if structured == "vllm":
        if prompt.begins:
            request["messages"].append({"role": "assistant", "content": prompt.begins})
            request["add_generation_prompt"] = False
            request["continue_final_message"] = True
        request["structured_outputs"] = {"regex": _rest(prompt)}
    elif structured == "sglang":
        request["regex"] = prompt.constraint
    elif structured == "json_schema":
        request["response_format"] = response_format(prompt.rubric)
    return request


def begun(prompt: Prompt, structured: Structured) -> str:
    """What of the reply ``body`` has written already, for :func:`completion`."""
    return prompt.begins if structured == "vllm" else ""


def _rest(prompt: Prompt) -> str:
    """The constraint of what follows the beginning."""
    literal = prompt.begins.replace("{", r"\{")
    if not prompt.constraint.startswith(literal):
        raise ValueError(f"a reply that begins with {prompt.begins!r} does not fit {prompt.constraint!r}")
    return prompt.constraint.removeprefix(literal)


def sampling(structured: Structured) -> str:
    """What ``body`` fixes about the decoding, for an engine's identity."""
    return f"greedy seed={SEED} structured={structured}" + (" begun" if structured == "vllm" else "")


class _Alternative(msgspec.Struct):
    token: str
    logprob: float


class _Scored(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Alternative] = []


class _Logprobs(msgspec.Struct):
    content: list[_Scored] | None = None


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _Details | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


def completion(reply: bytes | Mapping[str, Any], begun: str = "") -> Completion:
    """What a chat-completions reply says.

    Args:
        reply: as JSON, or decoded.
        begun: what of it was given to the engine; it stands before what the engine wrote.

    Raises:
        EngineError: ``unavailable``; it may be asked again when the JSON is broken or the work was aborted.
    """
    try:
        parsed = (
            msgspec.json.decode(reply, type=_Reply) if isinstance(reply, bytes) else msgspec.convert(reply, type=_Reply)
        )
    except msgspec.ValidationError as error:
        raise EngineError("unavailable", f"the engine's reply is not a chat completion: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EngineError("unavailable", f"the engine's reply is not JSON: {error}", retryable=True) from error
    if not parsed.choices:
        raise EngineError("unavailable", "the engine's reply has no choices")
    choice = parsed.choices[0]
    if choice.finish_reason not in ("stop", "length"):
        raise EngineError(
            "unavailable",
            f"the engine ended for the reason {choice.finish_reason!r}",
            retryable=choice.finish_reason == "abort",
        )
    usage = parsed.usage or _Usage()
    details = usage.prompt_tokens_details or _Details()
    scored = (choice.logprobs and choice.logprobs.content) or []
    tokens = tuple(_token(token) for token in scored)
    if begun and tokens:
        tokens = (Token(begun, 0.0, ((begun, 0.0),)), *tokens)
    return Completion(
        begun + (choice.message.content or ""),
        choice.finish_reason,
        usage.prompt_tokens,
        details.cached_tokens or 0,
        usage.completion_tokens or 0,
        tokens,
    )


def _token(scored: _Scored) -> Token:
    top = [(other.token, other.logprob) for other in scored.top_logprobs if other.logprob > _IMPOSSIBLE]
    if scored.top_logprobs and all(text != scored.token for text, _ in top):
        top.append((scored.token, scored.logprob))
    return Token(scored.token, scored.logprob, tuple(top))
