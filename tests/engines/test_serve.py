"""What concerns vLLM in Ray Serve alone."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from medreward.judge.settings import VLLM
from medreward.judge.types import Completion, EngineError
from medreward.scoring.deadline import Deadline
from tests.engines import prompts
from tests.engines.conftest import Running
from tests.engines.hub import REVISION
from tests.engines.servers import Cluster


async def answers(running: Running, count: int) -> list[Completion]:
    deadline = Deadline.after_ms(120_000)
    asked = prompts.semantics(count, top_logprobs=20)
    return await asyncio.gather(*(running.engine.complete(prompt, deadline) for prompt in asked))


def test_the_pinned_revision_is_what_is_loaded(openai_running: Running, vllm_running: Running) -> None:
    # the OpenAI server reads the pinned weights from their directory; the hub's newest commit has others
    expected = openai_running.loop.run(answers(openai_running, 30))
    got = vllm_running.loop.run(answers(vllm_running, 30))
    assert [done.text for done in got] == [done.text for done in expected]
    for one, other in zip(got, expected, strict=True):
        assert [token.logprob for token in one.tokens] == pytest.approx(
            [token.logprob for token in other.tokens], abs=1e-3
        )
    assert vllm_running.engine.identity()["revision"] == REVISION


def test_a_stuck_engine_is_a_timeout_at_the_deadline(vllm_running: Running, deployed: Cluster) -> None:
    async def run() -> str:
        await deployed.handle.pause.remote(mode="keep")
        try:
            with pytest.raises(EngineError) as caught:
                await vllm_running.engine.complete(prompts.semantics(1)[0], Deadline.after_ms(1000))
        finally:
            await deployed.handle.resume.remote()
        done = await vllm_running.engine.complete(prompts.semantics(1)[0], Deadline.after_ms(60_000))
        assert done.finish == "stop"
        return caught.value.status

    assert vllm_running.loop.run(run(), within_s=90) == "timeout"


def test_a_request_for_another_model_is_refused_with_its_code(vllm_running: Running, deployed: Cluster) -> None:
    from medreward.judge.engines import chat
    from medreward.serve.llm import Ask

    async def run() -> int:
        body = chat.body(prompts.semantics(1)[0], "another", "vllm")
        code: int = (await deployed.handle.answer.remote(Ask(body)))["error"]["code"]
        return code

    assert vllm_running.loop.run(run()) == 404


def test_what_a_setting_decides_cannot_be_overruled_in_the_arguments() -> None:
    from medreward.serve.llm import llm_config

    with pytest.raises(ValueError, match="revision"):
        llm_config(VLLM(model="/weights", engine_kwargs={"revision": "c" * 40}))


def test_on_gpus_the_replica_gets_one_bundle_for_each() -> None:
    from medreward.serve.llm import llm_config

    config = llm_config(
        VLLM(model="a/b", revision=REVISION, accelerator_type="H100", tensor_parallel_size=4, replicas=2)
    )
    engine = config.get_engine_config()
    assert engine.placement_bundles == [{"CPU": 1, "GPU": 1, "accelerator_type:H100": 0.001}] * 4
    assert engine.placement_strategy == "STRICT_PACK"
    arguments = engine.get_initialization_kwargs()
    assert (arguments["model"], arguments["revision"], arguments["tokenizer_revision"]) == ("a/b", REVISION, REVISION)
    assert config.deployment_config["num_replicas"] == 2


def test_weights_in_a_directory_need_no_revision_and_are_told_by_their_digest(models: Path) -> None:
    from medreward.judge.engines.weights import sampled_digest

    assert sampled_digest(models / "judge") != sampled_digest(models / "decoy")


def test_the_judges_side_of_the_engine_needs_no_vllm() -> None:
    import subprocess

    code = "import sys, medreward.serve.llm; sys.exit(bool({'vllm', 'torch', 'ray.serve.llm'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
