"""Speed of the trajectory scorer, side by side in one run on the same weights and trajectories: ``make bench-scorer``.

Bursts as GRPO makes them, groups of eight over a question, are scored three ways:

    one by one     sentence-transformers' CrossEncoder, a call for each trajectory
    CrossEncoder   its ``predict`` over the whole burst, as it batches by itself
    ours           the scorer's service, each group of eight a request, all at once

Each way has a process of its own with all cores, and the ways take turns, round by round, so that none computes while
another does. All read the same token ids (checked) and their values are compared. Latency is from the arrival of the
burst to the score of a trajectory. The checkpoint is the shipped one, merged into a whole model that both sides read;
without it, the embedded backbone with a head of random weights, which costs the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from medreward.scorer.checkpoint import CARD, EMBEDDED, Calibration, Card, CheckpointError, open_checkpoint
from medreward.scorer.settings import ScorerSettings
from medreward.scoring.deadline import Deadline
from tests.bench.trajectories import GROUP, burst, pair

SIZES = (64, 256, 1024)
TARGETS = {"CrossEncoder": 1.5, "one by one": 5.0}
"""trajectories/s, ours over theirs"""


class Measured(NamedTuple):
    """What one way took for one burst."""

    seconds: float
    latencies: list[float]
    """seconds from the burst's arrival, one a trajectory"""
    values: list[float]


Way = Callable[[int, int], Measured]
"""of a burst's size and seed"""


def main() -> None:
    """Runs all of it, prints a table, and writes the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("bench-scorer.json"), help="JSON file to write")
    parser.add_argument("--checkpoint", default="shipped", help="directory of a checkpoint")
    parser.add_argument("--rounds", type=int, default=3, help="of all ways")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="trajectories of a burst")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mr-") as directory:
        weights = _whole_model(options.checkpoint, Path(directory) / "model")
        tokens = _check_tokens(Path(directory) / "model", options.sizes, options.rounds)
        measured = _measure(Path(directory) / "model", options.sizes, options.rounds)
    report = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "platform": platform.platform()},
        "weights": weights,
        "tokens_of_a_trajectory": tokens,
        "rounds": options.rounds,
        "sizes": {
            str(size): {way: _median(size, rounds) for way, rounds in ways.items()} for size, ways in measured.items()
        },
        "largest_difference_of_values": max(
            abs(a - b)
            for ways in measured.values()
            for name in ("one by one", "CrossEncoder")
            for ours, theirs in zip(ways["ours"], ways[name], strict=True)
            for a, b in zip(ours.values, theirs.values, strict=True)
        ),
    }
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    _show(report)
    print(f"written to {options.out}")


def _whole_model(wanted: str, directory: Path) -> str:
    """Saves the weights as a whole model, uncalibrated, so that CrossEncoder's values are ours; says whose they are."""
    import torch

    from medreward.scorer.model import Model, build, tokenizer_of

    try:
        checkpoint = open_checkpoint(wanted)
    except CheckpointError:
        if wanted != "shipped":
            raise
        torch.manual_seed(0)
        network, tokenizer, max_tokens, said = build(EMBEDDED), tokenizer_of(EMBEDDED), 512, f"{EMBEDDED}, random head"
    else:
        network = Model.load(checkpoint).network
        tokenizer = tokenizer_of(checkpoint.card.backbone) if checkpoint.adapted else tokenizer_of(str(checkpoint.path))
        max_tokens, said = checkpoint.card.max_tokens, f"{checkpoint.card.name} ({checkpoint.sha256[:16]})"
    network.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    card = Card("bench", "whole", "", max_tokens, Calibration(1.0, 0.0))
    (directory / CARD).write_bytes(msgspec.json.encode(card))
    return said


def _seed(size: int, number: int) -> int:
    return size * 1000 + number


def _check_tokens(model: Path, sizes: list[int], rounds: int) -> dict[str, float]:
    """Raises AssertionError when the two sides would not read the same; how long the sequences are."""
    from transformers import AutoTokenizer

    from medreward.scorer.encoding import Encoder

    tokenizer = AutoTokenizer.from_pretrained(model)
    max_tokens = open_checkpoint(model).card.max_tokens
    encoder = Encoder(tokenizer, max_tokens)
    lengths: list[int] = []
    for size in sizes:
        for number in range(rounds):
            asks = burst(size, _seed(size, number))
            theirs = tokenizer([pair(ask) for ask in asks], truncation=True, max_length=max_tokens)["input_ids"]
            for ours, ids in zip(encoder.encode(asks), theirs, strict=True):
                assert ours.cut or ours.ids == ids, "the two sides read different tokens"
                lengths.append(len(ours.ids))
    return {"mean": statistics.fmean(lengths), "least": min(lengths), "most": max(lengths)}


def _measure(model: Path, sizes: list[int], rounds: int) -> dict[int, dict[str, list[Measured]]]:
    makers = {"one by one": _one_by_one, "CrossEncoder": _cross_encoder, "ours": _ours}
    context = multiprocessing.get_context("spawn")
    workers: dict[str, tuple[Any, Connection]] = {}
    for name, make in makers.items():
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(make, model, there), daemon=True)
        process.start()
        workers[name] = (process, here)
    for _, pipe in workers.values():
        pipe.send((GROUP, 0))  # to warm up
        pipe.recv()
    measured: dict[int, dict[str, list[Measured]]] = {size: {name: [] for name in makers} for size in sizes}
    for size in sizes:
        for number in range(rounds):
            for name, (_, pipe) in workers.items():
                pipe.send((size, _seed(size, number)))
                measured[size][name].append(pipe.recv())
    for process, pipe in workers.values():
        pipe.send(None)
        process.join()
    return measured


def _work(make: Callable[[Path], Way], model: Path, pipe: Connection) -> None:
    way = make(model)
    while (asked := pipe.recv()) is not None:
        pipe.send(way(*asked))


def _one_by_one(model: Path) -> Way:
    encoder = _open(model)

    def run(size: int, seed: int) -> Measured:
        pairs = [pair(ask) for ask in burst(size, seed)]
        latencies, values = [], []
        start = time.perf_counter()
        for one in pairs:
            values.append(float(encoder.predict([one], show_progress_bar=False)[0]))
            latencies.append(time.perf_counter() - start)
        return Measured(latencies[-1], latencies, values)

    return run


def _cross_encoder(model: Path) -> Way:
    encoder = _open(model)

    def run(size: int, seed: int) -> Measured:
        pairs = [pair(ask) for ask in burst(size, seed)]
        start = time.perf_counter()
        values = [float(value) for value in encoder.predict(pairs, show_progress_bar=False)]
        seconds = time.perf_counter() - start
        return Measured(seconds, [seconds] * size, values)

    return run


def _open(model: Path) -> Any:
    import torch
    from sentence_transformers import CrossEncoder

    gpu = torch.cuda.is_available()
    return CrossEncoder(
        str(model),
        device="cuda" if gpu else "cpu",
        max_length=open_checkpoint(model).card.max_tokens,
        activation_fn=torch.nn.Sigmoid(),
        model_kwargs={"dtype": torch.bfloat16} if gpu else {},  # as ours
    )


def _ours(model: Path) -> Way:
    from medreward.scorer.service import ScorerService

    runner = asyncio.Runner()
    scorer = ScorerService(ScorerSettings(checkpoint=str(model), cpus=float(os.cpu_count() or 1)))
    runner.run(scorer.start())

    async def request(asks: Any, start: float) -> tuple[list[float], float]:
        scores = await scorer.score(asks, Deadline.after_ms(3_600_000))
        values = [outcome.value for outcome in scores.outcomes if outcome.value is not None]
        assert len(values) == len(asks), "a trajectory was not scored"
        return values, time.perf_counter() - start

    async def score(size: int, seed: int) -> Measured:
        asks = burst(size, seed)
        start = time.perf_counter()
        groups = await asyncio.gather(*(request(asks[i : i + GROUP], start) for i in range(0, size, GROUP)))
        seconds = time.perf_counter() - start
        latencies = [latency for values, latency in groups for _ in values]
        return Measured(seconds, latencies, [value for values, _ in groups for value in values])

    return lambda size, seed: runner.run(score(size, seed))


def _median(size: int, rounds: list[Measured]) -> dict[str, float]:
    rates = [size / one.seconds for one in rounds]
    tails = [sorted(one.latencies)[min(size - 1, int(0.99 * size))] for one in rounds]
    return {
        "trajectories_per_s": statistics.median(rates),
        "trajectories_per_s_least": min(rates),
        "trajectories_per_s_most": max(rates),
        "p99_s": statistics.median(tails),
        "p50_s": statistics.median(statistics.median(one.latencies) for one in rounds),
    }


def _show(report: dict[str, Any]) -> None:
    out = Console()
    length = report["tokens_of_a_trajectory"]
    title = f"{report['weights']}; {length['least']}-{length['most']} tokens, mean {length['mean']:.0f}"
    table = Table("burst", "way", "trajectories/s (range)", "p50 s", "p99 s", "ours is", "target", title=title)
    for size, ways in report["sizes"].items():
        ours = ways["ours"]["trajectories_per_s"]
        for name, way in ways.items():
            rates = f"{way['trajectories_per_s']:.1f} ({way['trajectories_per_s_least']:.1f}-"
            table.add_row(
                size,
                name,
                f"{rates}{way['trajectories_per_s_most']:.1f})",
                f"{way['p50_s']:.2f}",
                f"{way['p99_s']:.2f}",
                "" if name == "ours" else f"{ours / way['trajectories_per_s']:.2f}x",
                f">= {TARGETS[name]:g}x" if name in TARGETS else "",
            )
    out.print(table)
    out.print(f"largest difference between our values and theirs: {report['largest_difference_of_values']:.1e}")


if __name__ == "__main__":
    main()
