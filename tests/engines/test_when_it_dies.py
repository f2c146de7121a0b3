"""The end of both engines, so the last file: a death is unavailable, may be asked again, and invents nothing."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from medreward.judge.types import Completion, EngineError
from medreward.judge.verdict import read
from medreward.scoring.deadline import Deadline
from tests.engines import prompts
from tests.engines.conftest import Running
from tests.engines.loop import until
from tests.engines.servers import Cluster, OpenAIServer


async def in_flight(running: Running, kill: Callable[[], object]) -> list[Completion | BaseException]:
    """Eight long judgements, and death in the middle of them."""
    deadline = Deadline.after_ms(60_000)
    killed = False

    async def judged() -> Completion:
        try:
            return await running.engine.complete(prompts.endless(), deadline)
        except EngineError as error:
            if killed or not error.retryable:
                raise
            # a connection that had been idle was closed as it was taken up: the service asks again, and so does this
            return await running.engine.complete(prompts.endless(), deadline)

    calls = [asyncio.create_task(judged()) for _ in range(8)]
    await until(lambda: running.metric("vllm:num_requests_running") == 8)
    killed = True
    kill()
    return await asyncio.gather(*calls, return_exceptions=True)


def assert_lost(ended: list[Completion | BaseException]) -> None:
    for end in ended:
        assert isinstance(end, EngineError)
        assert (end.status, end.retryable) == ("unavailable", True), end.detail


def test_a_replica_that_dies_fails_its_judgements_and_is_replaced(vllm_running: Running, deployed: Cluster) -> None:
    process = deployed.replica()
    assert_lost(vllm_running.loop.run(in_flight(vllm_running, process.kill)))

    prompt = prompts.semantics(1)[0]
    for _ in range(150):
        try:
            done = vllm_running.loop.run(vllm_running.engine.complete(prompt, Deadline.after_ms(120_000)))
            break
        except EngineError as error:
            detail, again = error.detail, error.retryable
        assert again, detail
        time.sleep(1)
    read(prompt, done)


def test_a_server_that_dies_fails_its_judgements(openai_running: Running, served: OpenAIServer) -> None:
    assert_lost(openai_running.loop.run(in_flight(openai_running, lambda: served.signal(signal.SIGKILL))))


def test_a_server_that_is_gone_is_unavailable_and_may_be_asked_again(
    openai_running: Running, served: OpenAIServer
) -> None:
    served.process.wait(20)
    with pytest.raises(EngineError) as caught:
        openai_running.loop.run(openai_running.engine.complete(prompts.semantics(1)[0], Deadline.after_ms(20_000)))
    assert (caught.value.status, caught.value.retryable) == ("unavailable", True)
