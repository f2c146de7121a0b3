"""The real engines, once a session. Without vLLM nothing is collected here: see ``make test-engines``."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from medreward.judge.engines.openai import OpenAIEngine
from medreward.judge.settings import VLLM
from medreward.judge.settings import OpenAI as OpenAISettings
from medreward.judge.types import Engine
from tests.engines import tiny_llama
from tests.engines.hub import REVISION, write_hub
from tests.engines.loop import Loop
from tests.engines.servers import (
    ENGINE_KWARGS,
    ENV,
    KEY,
    NAME,
    SEQUENCES,
    Cluster,
    OpenAIServer,
    cluster,
    openai_server,
)

collect_ignore_glob = [] if importlib.util.find_spec("vllm") else ["test_*.py"]


class Running(NamedTuple):
    """An engine over the real thing."""

    name: str
    engine: Engine
    loop: Loop
    metric: Callable[..., float]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two models of the same shape and other weights, ``judge`` and ``decoy``."""
    directory = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("judge", "decoy"), start=1):
        tiny_llama.build(directory / name, seed)
    return directory


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """Where every engine call runs."""
    running = Loop()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def served(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAIServer]:
    """vLLM's OpenAI server, over the directory ``judge``."""
    with openai_server(models / "judge", tmp_path_factory.mktemp("openai") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def deployed(models: Path, loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """vLLM in Ray Serve, over a hub's cache whose newest commit is ``decoy`` and whose pinned one is ``judge``."""
    home = tmp_path_factory.mktemp("hub")
    write_hub(home, pinned=models / "judge", newest=models / "decoy")
    # Ray's sockets need a short path
    with cluster(vllm_settings(home), Path(f"/tmp/medreward-{os.getpid()}"), loop) as running:
        yield running


def vllm_settings(home: Path) -> VLLM:
    """One replica on the CPU."""
    return VLLM(
        model="tests/tiny-judge",
        revision=REVISION,
        device="cpu",
        max_model_len=tiny_llama.CONTEXT,
        max_num_seqs=SEQUENCES,
        engine_kwargs=ENGINE_KWARGS,
        env={**ENV, "HF_HOME": str(home)},
    )


@pytest.fixture(scope="session")
def openai_running(served: OpenAIServer, loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The engine for OpenAI-compatible endpoints, started."""
    key = tmp_path_factory.mktemp("secret") / "key"
    key.write_text(KEY)
    # on a busy machine a burst of connections may take long
    settings = OpenAISettings(base_url=f"{served.root}/v1", model=NAME, api_key_file=key, connect_timeout_s=60)
    engine = OpenAIEngine(settings, 256)
    loop.run(engine.start())
    yield Running("openai", engine, loop, served.metric)
    loop.run(engine.close())


@pytest.fixture(scope="session")
def vllm_running(deployed: Cluster, loop: Loop) -> Iterator[Running]:
    """The engine over the LLM deployment's handle, started."""
    from medreward.serve.llm import LLMEngine

    engine = LLMEngine(deployed.handle, deployed.settings)
    loop.run(engine.start())
    yield Running("vllm", engine, loop, deployed.metric)
    loop.run(engine.close())


@pytest.fixture(params=["openai", "vllm"])
def running(request: pytest.FixtureRequest) -> Running:
    """Each engine in turn."""
    found: Running = request.getfixturevalue(f"{request.param}_running")
    return found
