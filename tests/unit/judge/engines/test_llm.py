"""The engine over a Serve handle, with a handle of the tests' own: the real one is asked in ``tests/engines``."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError, TaskCancelledError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, ReplicaUnavailableError

from medreward.judge.settings import VLLM
from medreward.judge.types import EngineError
from medreward.scoring.deadline import Deadline
from medreward.serve.llm import Ask, LLMEngine
from tests.unit.judge.engines.endpoint import GOOD, prompt

SETTINGS = VLLM(model="a/b", revision="a" * 40)
CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("CALLER", default="nobody")


class Response:
    """What a handle's call returns."""

    def __init__(self, work: Awaitable[Any]) -> None:
        self._work = work
        self.cancelled = False

    def __await__(self) -> Generator[Any, None, Any]:
        return self._work.__await__()

    def cancel(self) -> None:
        self.cancelled = True


class Handle:
    """Answers each call with ``work``."""

    def __init__(self, work: Callable[..., Awaitable[Any]]) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.responses: list[Response] = []
        self.contexts: list[str] = []
        self._work = work

    def __getattr__(self, method: str) -> Any:
        handle = self

        class Method:
            def remote(self, *args: Any) -> Response:
                handle.calls.append((method, args))
                handle.contexts.append(CALLER.get())
                handle.responses.append(Response(handle._work(*args)))
                return handle.responses[-1]

        return Method()


def gives(reply: Any) -> Callable[..., Awaitable[Any]]:
    async def work(*_: Any) -> Any:
        return reply

    return work


def fails(error: Exception) -> Callable[..., Awaitable[Any]]:
    async def work(*_: Any) -> Any:
        raise error

    return work


async def hangs(*_: Any) -> Any:
    await asyncio.Event().wait()


def failure(work: Callable[..., Awaitable[Any]], within_ms: float = 10_000) -> tuple[EngineError, Handle]:
    handle = Handle(work)
    engine = LLMEngine(handle, SETTINGS)  # type: ignore[arg-type]
    with pytest.raises(EngineError) as caught:
        asyncio.run(engine.complete(prompt(), Deadline.after_ms(within_ms)))
    return caught.value, handle


def test_an_answer_comes_back_and_the_request_is_the_judges_model() -> None:
    handle = Handle(gives(GOOD))
    done = asyncio.run(LLMEngine(handle, SETTINGS).complete(prompt(), Deadline.after_ms(10_000)))  # type: ignore[arg-type]
    assert done.text == '{"assistant1":' + GOOD["choices"][0]["message"]["content"]
    ((method, (ask,)),) = handle.calls
    assert method == "answer"
    assert ask.body["model"] == "judge"
    assert ask.messages == ask.body["messages"]  # positionally, and where the prefix router looks


def test_each_call_is_made_in_a_blank_context() -> None:
    async def run() -> None:
        CALLER.set("a request of many judgements")
        await LLMEngine(handle, SETTINGS).complete(prompt(), Deadline.after_ms(10_000))  # type: ignore[arg-type]

    handle = Handle(gives(GOOD))
    asyncio.run(run())
    assert handle.contexts == ["nobody"]


def task_error(cause: Exception) -> RayTaskError:
    made: RayTaskError = RayTaskError("answer", "traceback", cause).as_instanceof_cause()
    return made


LOST = [
    ActorDiedError(),
    ActorUnavailableError("away", None),
    DeploymentUnavailableError.__new__(DeploymentUnavailableError),
    ReplicaUnavailableError.__new__(ReplicaUnavailableError),
    TaskCancelledError(),
]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_replica_is_unavailable_and_may_be_asked_again(error: Exception) -> None:
    got, _ = failure(fails(error))
    assert (got.status, got.retryable) == ("unavailable", True)


def test_a_full_queue_is_overloaded_and_may_be_asked_again() -> None:
    got, _ = failure(fails(BackPressureError(num_queued_requests=9, max_queued_requests=8)))
    assert (got.status, got.retryable) == ("overloaded", True)


def test_an_exception_of_the_replicas_code_is_unavailable_and_is_not_asked_again() -> None:
    got, _ = failure(fails(task_error(KeyError("choices"))))
    assert (got.status, got.retryable) == ("unavailable", False)
    assert "KeyError" in got.detail


def test_a_timeout_inside_the_replica_is_no_deadline_of_ours() -> None:
    got, _ = failure(fails(task_error(TimeoutError("inside"))))
    assert got.status == "unavailable"


@pytest.mark.parametrize(
    ("code", "status", "again"),
    [
        (400, "unavailable", False),
        (404, "unavailable", False),
        (429, "overloaded", True),
        (500, "unavailable", True),
        (503, "unavailable", True),
    ],
)
def test_vllms_own_errors_are_typed_by_their_code(code: int, status: str, again: bool) -> None:
    got, _ = failure(gives({"error": {"code": code, "message": "because " + "x" * 5000}}))
    assert (got.status, got.retryable) == (status, again)
    assert "because" in got.detail
    assert len(got.detail) < 400


def test_a_stuck_engine_is_a_timeout_at_the_deadline_and_its_call_is_cancelled() -> None:
    got, handle = failure(hangs, within_ms=50)
    assert (got.status, got.retryable) == ("timeout", False)
    assert handle.responses[0].cancelled


def test_a_deadline_that_is_past_asks_nothing() -> None:
    got, handle = failure(gives(GOOD), within_ms=-1)
    assert got.status == "timeout"
    assert handle.calls == []


def test_a_cancelled_judgement_cancels_its_call() -> None:
    async def run() -> None:
        call = asyncio.create_task(
            LLMEngine(handle, SETTINGS).complete(prompt(), Deadline.after_ms(60_000))  # type: ignore[arg-type]
        )
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    handle = Handle(hangs)
    asyncio.run(run())
    assert handle.responses[0].cancelled


def test_an_answered_call_is_not_cancelled() -> None:
    handle = Handle(gives(GOOD))
    asyncio.run(LLMEngine(handle, SETTINGS).complete(prompt(), Deadline.after_ms(10_000)))  # type: ignore[arg-type]
    assert not handle.responses[0].cancelled


TOLD = {"engine_version": "0.29.0", "digest": "0123456789abcdef"}


def identity(settings: VLLM) -> dict[str, str]:
    engine = LLMEngine(Handle(gives(TOLD)), settings)  # type: ignore[arg-type]
    asyncio.run(engine.start())
    return dict(engine.identity())


def test_identity_tells_what_a_verdict_depends_on() -> None:
    told = identity(SETTINGS)
    assert set(told) == {"engine", "model", "revision", "engine_version", "sampling"}
    assert (told["engine_version"], told["revision"]) == ("0.29.0", "a" * 40)


def test_local_weights_are_told_by_their_digest() -> None:
    assert identity(VLLM(model="/weights"))["revision"] == TOLD["digest"]


def test_arguments_that_shape_verdicts_are_told_and_secrets_are_not() -> None:
    plain = identity(SETTINGS)
    shaped = identity(SETTINGS.model_copy(update={"engine_kwargs": {"quantization": "fp8", "dtype": "bfloat16"}}))
    same = identity(SETTINGS.model_copy(update={"engine_kwargs": {"hf_token": "hf_x", "gpu_memory_utilization": 0.9}}))
    assert "quantization=fp8" in shaped["sampling"]
    assert "dtype=bfloat16" in shaped["sampling"]
    assert same == plain


def test_start_waits_for_a_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medreward.serve.llm._PAUSE_S", 0)
    left = [ActorDiedError(), DeploymentUnavailableError.__new__(DeploymentUnavailableError)]

    async def describe() -> dict[str, str]:
        if left:
            raise left.pop()
        return TOLD

    engine = LLMEngine(Handle(describe), SETTINGS)  # type: ignore[arg-type]
    asyncio.run(engine.start())
    assert engine.identity()["engine_version"] == "0.29.0"


def test_a_replaced_replica_is_seen_and_an_outage_forgets_nothing() -> None:
    answers: list[Any] = [{**TOLD, "engine_version": "1"}, {**TOLD, "engine_version": "2"}, ActorDiedError()]

    async def describe() -> dict[str, str]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    async def run() -> list[str]:
        engine = LLMEngine(Handle(describe), SETTINGS)  # type: ignore[arg-type]
        told = []
        for look in (engine.start, engine.refresh, engine.refresh):
            await look()
            told.append(engine.identity()["engine_version"])
        return told

    assert asyncio.run(run()) == ["1", "2", "2"]


def test_ready_fails_while_no_replica_answers() -> None:
    with pytest.raises(EngineError):
        asyncio.run(LLMEngine(Handle(fails(ActorDiedError())), SETTINGS).ready())  # type: ignore[arg-type]


def test_an_ask_survives_the_way_to_a_replica() -> None:
    import pickle

    ask = Ask({"messages": [{"role": "user", "content": "x"}]})
    assert pickle.loads(pickle.dumps(ask)) == ask
