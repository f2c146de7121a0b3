"""Speed of the judge, side by side in one run on a real engine: ``make bench-judge`` (``make bench`` runs it too).

One vLLM server with one tiny model (random weights: its verdicts mean nothing, its tokens and times do) is asked to
judge rollouts in groups of eight, four ways:

    paper       the paper's way: its prompt order, a full JSON reply with the reason, unconstrained, each rollout a call
    full        our prompt, the reply constrained, written to the end of the reason, each rollout a call
    early stop  the same, but decoding stops after the second score
    ours        the judge service: early stop, equal judgements asked once, and none where the answer is the reference

A random model does not end by itself. So the paper's way is given as many tokens as a typical reply has by the model's
own tokenizer (``TYPICAL_REPLY``), and in ``full`` the reason is as long. The ways are measured by turns, several rounds
each, every round with questions of its own, so that none finds another's prompts in the prefix cache.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from medreward.contract.errors import ServiceError
from medreward.judge import JudgeAsk
from medreward.judge import verdict as verdicts
from medreward.judge.cache import MemoryCache
from medreward.judge.engines.openai import OpenAIEngine
from medreward.judge.prompt import TextLimits, render
from medreward.judge.rubrics import load_rubrics
from medreward.judge.service import JudgeService
from medreward.judge.settings import JudgeSettings, OpenAI
from medreward.judge.types import Completion, Engine, Prompt
from medreward.scoring.deadline import Deadline
from tests.bench.judged import TYPICAL_REPLY, asks
from tests.engines.servers import KEY, NAME, openai_server
from tests.engines.tiny_llama import build

CONCURRENCY = 64
TARGETS = {"tokens a verdict, ours / paper": ("<=", 0.12), "verdicts/s, ours / paper": (">=", 5.0)}
_SEMANTICS = load_rubrics([])["semantics"]
_DEADLINE_MS = 600_000.0


class Measured(NamedTuple):
    """What one way took for one set of rollouts."""

    rollouts: int
    seconds: float
    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    no_verdict: int
    """replies that are no verdict: all of them, where nothing constrains a random model"""


Way = Callable[[Sequence[JudgeAsk]], Awaitable[Measured]]


def main() -> None:
    """Runs all of it, prints two tables, and writes the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("bench-judge.json"), help="JSON file to write")
    parser.add_argument("--groups", type=int, default=128, help="groups of eight rollouts in a round")
    parser.add_argument("--rounds", type=int, default=3, help="of all ways")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mr-") as directory:
        model, log = Path(directory) / "model", Path(directory) / "vllm.log"
        build(model, seed=0)
        os.environ["MEDREWARD_BENCH_KEY"] = KEY
        with openai_server(model, log) as server:
            rounds = asyncio.run(_measure(f"{server.root}/v1", _reply_tokens(model), options.groups, options.rounds))
    report = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "platform": platform.platform()},
        "rollouts": options.groups * 8,
        "concurrency": CONCURRENCY,
        "ways": {name: _median(measured) for name, measured in rounds.items()},
    }
    report["ratios"] = _ratios(report["ways"])
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    _show(report)
    print(f"written to {options.out}")


async def _measure(url: str, reply_tokens: int, groups: int, rounds: int) -> dict[str, list[Measured]]:
    def engine(structured: str) -> OpenAIEngine:
        wanted = OpenAI.model_validate(
            {"base_url": url, "model": NAME, "api_key_env": "MEDREWARD_BENCH_KEY", "structured": structured}
        )
        return OpenAIEngine(wanted, CONCURRENCY)

    free, held = engine("none"), engine("vllm")
    await held.start()
    reason = TextLimits(reason_chars=len(TYPICAL_REPLY))

    def paper(ask: JudgeAsk) -> Prompt:
        return _prompt(ask, order="paper", explain=True)._replace(max_tokens=reply_tokens)

    def full(ask: JudgeAsk) -> Prompt:
        return _prompt(ask, order="shared", explain=True, limits=reason)._replace(max_tokens=reply_tokens)

    def early(ask: JudgeAsk) -> Prompt:
        return _prompt(ask, order="shared", limits=reason)

    ways: dict[str, Way] = {
        "paper": lambda wanted: _each(free, [paper(ask) for ask in wanted]),
        "full": lambda wanted: _each(held, [full(ask) for ask in wanted]),
        "early stop": lambda wanted: _each(held, [early(ask) for ask in wanted]),
        "ours": lambda wanted: _service(held, wanted),
    }
    measured: dict[str, list[Measured]] = {name: [] for name in ways}
    for name, way in ways.items():
        await way(asks(8, f"warm-up {name}"))
    for number in range(rounds):
        for name, way in ways.items():
            measured[name].append(await way(asks(groups, f"{name} {number}")))
    await free.close()
    await held.close()
    return measured


def _prompt(ask: JudgeAsk, **how: Any) -> Prompt:
    fields = {name: getattr(ask, name) for name in _SEMANTICS.fields}
    return render(_SEMANTICS, fields, **how)


async def _each(engine: Engine, prompts: Sequence[Prompt]) -> Measured:
    """Every prompt a call."""
    free = asyncio.Semaphore(CONCURRENCY)

    async def call(prompt: Prompt) -> Completion:
        async with free:
            return await engine.complete(prompt, Deadline.after_ms(_DEADLINE_MS))

    start = time.perf_counter()
    done = await asyncio.gather(*map(call, prompts))
    seconds = time.perf_counter() - start
    return Measured(
        rollouts=len(prompts),
        seconds=seconds,
        calls=len(prompts),
        prompt_tokens=sum(completion.prompt_tokens for completion in done),
        cached_tokens=sum(completion.cached_tokens for completion in done),
        completion_tokens=sum(completion.completion_tokens for completion in done),
        no_verdict=sum(not _is_verdict(prompt, one) for prompt, one in zip(prompts, done, strict=True)),
    )


def _is_verdict(prompt: Prompt, completion: Completion) -> bool:
    # a reason that was cut at the token limit is no matter here
    cut = prompt._replace(stop=prompt.stop or ('"reason',))
    try:
        verdicts.read(cut, completion._replace(text=completion.text.split('"reason')[0], finish="stop"))
    except ServiceError:
        return False
    return True


async def _service(engine: Engine, wanted: Sequence[JudgeAsk]) -> Measured:
    """The judge service, asked in batches of 64 rollouts that come at once."""
    settings = JudgeSettings(max_concurrency=CONCURRENCY)
    judge = JudgeService(engine, {"semantics": _SEMANTICS}, settings, MemoryCache(100_000, 3600))
    batches = [wanted[first : first + 64] for first in range(0, len(wanted), 64)]
    start = time.perf_counter()
    done = await asyncio.gather(*(judge.judge(batch, Deadline.after_ms(_DEADLINE_MS)) for batch in batches))
    seconds = time.perf_counter() - start
    counts = [one.counts for one in done]
    return Measured(
        rollouts=len(wanted),
        seconds=seconds,
        calls=sum(count.engine_calls for count in counts),
        prompt_tokens=sum(count.prompt_tokens for count in counts),
        cached_tokens=sum(count.cached_tokens for count in counts),
        completion_tokens=sum(count.completion_tokens for count in counts),
        no_verdict=sum(outcome.value is None for one in done for outcome in one.outcomes),
    )


def _reply_tokens(model: Path) -> int:
    from transformers import AutoTokenizer

    return len(AutoTokenizer.from_pretrained(model).encode(TYPICAL_REPLY, add_special_tokens=False))


def _median(rounds: Sequence[Measured]) -> dict[str, float]:
    """Of the round with the median time."""
    one = sorted(rounds, key=lambda measured: measured.seconds)[len(rounds) // 2]
    return {
        "calls": one.calls,
        "no_verdict": one.no_verdict,
        "tokens_a_verdict": one.completion_tokens / one.rollouts,
        "tokens_a_call": one.completion_tokens / one.calls,
        "prompt_tokens_a_verdict": one.prompt_tokens / one.rollouts,
        "cached_token_share": one.cached_tokens / one.prompt_tokens,
        "ms_a_verdict": one.seconds * 1000 / one.rollouts,
        "verdicts_per_s": one.rollouts / one.seconds,
        "verdicts_per_s_least": min(measured.rollouts / measured.seconds for measured in rounds),
        "verdicts_per_s_most": max(measured.rollouts / measured.seconds for measured in rounds),
        "verdicts_per_s_mean": statistics.fmean(measured.rollouts / measured.seconds for measured in rounds),
    }


def _ratios(ways: dict[str, dict[str, float]]) -> dict[str, float]:
    found = {}
    for way in ("early stop", "ours"):
        for what, key in (("tokens a verdict", "tokens_a_verdict"), ("verdicts/s", "verdicts_per_s")):
            found[f"{what}, {way} / paper"] = ways[way][key] / ways["paper"][key]
    found["tokens a verdict, early stop / full"] = (
        ways["early stop"]["tokens_a_verdict"] / ways["full"]["tokens_a_verdict"]
    )
    return found


def _show(report: dict[str, Any]) -> None:
    out = Console()
    title = f"{report['rollouts']} rollouts, {report['concurrency']} calls at a time"
    table = Table("way", "calls", "tokens written", "prompt tokens", "cached", "ms", "verdicts/s", title=title)
    for name, way in report["ways"].items():
        table.add_row(
            name,
            f"{way['calls']:.0f}",
            f"{way['tokens_a_verdict']:.1f}",
            f"{way['prompt_tokens_a_verdict']:.0f}",
            f"{way['cached_token_share']:.0%}",
            f"{way['ms_a_verdict']:.2f}",
            f"{way['verdicts_per_s']:.0f} ({way['verdicts_per_s_least']:.0f}-{way['verdicts_per_s_most']:.0f})",
        )
    out.print(table, "tokens and milliseconds are a verdict's; the range is over the rounds")
    ratios = Table("ratio", "measured", "target")
    for name, ratio in report["ratios"].items():
        target = TARGETS.get(name)
        ratios.add_row(name, f"{ratio:.3g}", " ".join(map(str, target)) if target else "")
    out.print(ratios)


if __name__ == "__main__":
    main()
