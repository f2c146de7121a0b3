"""The metrics of vLLM that the dashboards use are those of a real one in Ray Serve."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import time
from pathlib import Path

import httpx
import pytest

from medreward.scoring.deadline import Deadline
from tests.engines import prompts
from tests.engines.conftest import Running
from tests.engines.servers import Cluster
from tests.observe.names import SELDOM, VLLM

_TOLD_S = 60.0


def told(text: str) -> set[str]:
    return {name for name in VLLM if re.search(rf"^{name}{{", text, re.MULTILINE)}


@pytest.fixture(scope="module")
def text(vllm_running: Running, deployed: Cluster) -> str:
    """The pages of Ray while the engine is asked, until everything was told, or a minute has passed.

    Several, since a gauge is gone from the page soon after it was last set.
    """

    async def ask() -> None:
        deadline = Deadline.after_ms(120_000)
        await asyncio.gather(*(vllm_running.engine.complete(prompt, deadline) for prompt in prompts.semantics(8)))

    until = time.monotonic() + _TOLD_S
    pages = ""
    while not told(pages) >= VLLM - SELDOM.keys() and time.monotonic() < until:
        vllm_running.loop.run(ask())
        pages += httpx.get(deployed.metrics_url, timeout=30).raise_for_status().text
    return pages


def test_every_metric_of_vllm_that_is_used_is_there(text: str) -> None:
    assert told(text) >= VLLM - SELDOM.keys()


def test_vllms_source_names_what_happens_seldom() -> None:
    spec = importlib.util.find_spec("vllm.v1.metrics.loggers")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    for name in SELDOM.values():
        assert f'"{name}"' in source


def test_the_share_of_the_kv_cache_is_told_apart_by_worker(text: str) -> None:
    shares = re.findall(r'^ray_vllm_kv_cache_usage_perc{[^}]*WorkerId="\w+"[^}]*} (\S+)', text, re.MULTILINE)
    assert shares
    assert all(0 <= float(share) <= 1 for share in shares)


def test_work_shows_in_the_counters(text: str) -> None:
    for name in ("prompt_tokens", "generation_tokens", "prefix_cache_queries"):
        counts = re.findall(rf"^ray_vllm_{name}_total{{[^}}]*}} (\S+)", text, re.MULTILINE)
        assert sum(map(float, counts)) > 0, name
