"""The two real engines on this machine's CPU: vLLM's OpenAI server, and vLLM inside Ray Serve."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from medreward.judge.settings import VLLM
from medreward.serve.environment import Proxy, free_port, variables
from tests.engines.loop import Loop
from tests.engines.tiny_llama import CONTEXT

ENV = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
NAME = "tiny-judge"
KEY = "sk-a-key-of-the-tests-0123456789"
ENGINE_KWARGS = {"enforce_eager": True, "dtype": "float32", "max_num_batched_tokens": 2048, "block_size": 32}
SEQUENCES = 64
_START_S = 180.0


class OpenAIServer:
    """A process with vLLM's OpenAI server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.root = f"http://127.0.0.1:{port}"

    def metric(self, name: str, label: str = "") -> float:
        """The sum of a metric's samples whose labels contain ``label``."""
        return total(_get(f"{self.root}/metrics"), name, label)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the server and its engine process."""
        os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """Ends it, by force if it does not end itself."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait(20)


@contextmanager
def openai_server(model: Path, log: Path) -> Iterator[OpenAIServer]:
    """vLLM's OpenAI server over ``model``, ready."""
    port = free_port()
    options = {
        "model": model,
        "served-model-name": NAME,
        "host": "127.0.0.1",
        "port": port,
        "max-model-len": CONTEXT,
        "max-num-seqs": SEQUENCES,
        "max-num-batched-tokens": ENGINE_KWARGS["max_num_batched_tokens"],
        "block-size": ENGINE_KWARGS["block_size"],
        "dtype": ENGINE_KWARGS["dtype"],
        "api-key": KEY,
    }
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command += ["--enforce-eager", "--enable-prefix-caching", "--enable-prompt-tokens-details"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **ENV}, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = OpenAIServer(process, port)
    try:
        _wait_for(f"{server.root}/health", process, log)
        yield server
    finally:
        server.stop()


class Cluster:
    """A Ray Serve cluster with the LLM deployment."""

    def __init__(self, handle: Any, settings: VLLM, metrics_port: int) -> None:
        self.handle = handle
        self.settings = settings
        self.metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"

    def replica(self) -> psutil.Process:
        """The process of the only replica."""
        below = psutil.Process().children(recursive=True)
        (found,) = [process for process in below if "ServeReplica:judge:LLM" in " ".join(process.cmdline())]
        return found

    def metric(self, name: str, label: str = "") -> float:
        """The sum of a metric's samples, as Ray reported them at last, whose labels contain ``label``."""
        return total(_get(self.metrics_url), "ray_" + name.replace(":", "_"), label)


@contextmanager
def cluster(settings: VLLM, directory: Path, loop: Loop) -> Iterator[Cluster]:
    """The LLM deployment of these settings, running; ``loop`` is where it will be asked."""
    before = dict(os.environ)
    if "ray" not in sys.modules:  # Ray Serve reads these at import; they are the product's own
        os.environ.update(variables(Proxy("ray", "nothing comes in over HTTP"), directory))
    import ray
    from ray import serve

    from medreward.serve.llm import build_llm

    metrics_port = free_port()
    ray.init(
        num_cpus=8,
        include_dashboard=False,
        object_store_memory=100_000_000,
        log_to_driver=False,
        logging_level="ERROR",
        _temp_dir=str(directory),
        _metrics_export_port=metrics_port,
        _system_config={"metrics_report_interval_ms": 500},
    )
    try:
        serve.start(proxy_location="Disabled")
        handle = serve.run(build_llm(settings), name="judge", route_prefix=None)
        yield Cluster(handle, settings, metrics_port)
    finally:
        loop.run(serve.shutdown_async())
        ray.shutdown()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(directory, ignore_errors=True)


def total(text: str, name: str, label: str) -> float:
    """The sum over the samples of a metric in Prometheus' text form."""
    samples = re.findall(rf"^{re.escape(name)}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
    return sum(float(value) for labels, value in samples if label in labels)


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
    return body.decode()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _START_S
    while time.monotonic() < give_up:
        try:
            _get(url)
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"vLLM ended with {process.returncode}:\n{log.read_text()[-3000:]}") from None
            time.sleep(0.5)
    raise RuntimeError(f"vLLM was not ready in {_START_S:.0f} s:\n{log.read_text()[-3000:]}")
