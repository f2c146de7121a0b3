"""GRPO end to end on the CPU: verl, real vLLM rollouts, real questions and images, rewards from the served cluster."""

from __future__ import annotations

import importlib.util
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from tests.engines import grpo
from tests.open_questions import DATA, NO_DATA
from tests.running import Cluster, served

pytestmark = [
    pytest.mark.skipif(not DATA, reason=NO_DATA),
    pytest.mark.skipif(importlib.util.find_spec("verl") is None, reason="verl is not installed"),
]
STEPS = 2
PROMPTS = 2
SAMPLES = 3
ALPHA = 0.2


@pytest.fixture(scope="module")
def rewards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The reward cluster: embedded judge, shipped scorer."""
    log = tmp_path_factory.mktemp("rewards") / "serve.log"
    with served(log, MEDREWARD_SCORER__CHECKPOINT="shipped") as running:
        yield running


def trained(name: str, rewards: Cluster, folder: Path, *overrides: str) -> tuple[grpo.Run, Path]:
    assert DATA
    data = grpo.write_data(folder / "data", Path(DATA), name, STEPS * PROMPTS)
    model = grpo.write_model(folder / "model", data, name)
    steps = [f"trainer.{name}={STEPS}" for name in ("total_training_steps", "save_freq", "test_freq")]
    run = grpo.run(name, rewards.url, model, data, folder / "run", [*steps, *overrides])
    assert run.code == 0, run.log[-6000:]
    return run, model


@pytest.fixture(scope="module")
def gemex(rewards: Cluster, tmp_path_factory: pytest.TempPathFactory) -> grpo.Run:
    return trained("gemex", rewards, tmp_path_factory.mktemp("gemex"))[0]


@pytest.fixture(scope="module")
def medsage(rewards: Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[grpo.Run, Path]:
    return trained("medsage", rewards, tmp_path_factory.mktemp("medsage"), "actor_rollout_ref.rollout.n=6")


def every(run: grpo.Run) -> list[dict[str, Any]]:
    return [line for step in range(1, STEPS + 1) for line in run.rollouts(step)]


def advantages_of(lines: list[dict[str, Any]]) -> dict[str, float]:
    """By hand: the reward less the group's mean, by the group's deviation."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        groups[line["group"]].append(line)
    found = {}
    for group in groups.values():
        rewards = [line["score"] for line in group]
        deviation = stdev(rewards)
        for line in group:
            found[line["uid"]] = (line["score"] - mean(rewards)) / (deviation + 1e-6) if deviation else 0.0
    return found


def test_rewards_come_from_the_service_with_their_breakdown(gemex: grpo.Run) -> None:
    lines = every(gemex)
    assert len(lines) == STEPS * PROMPTS * SAMPLES
    for line in lines:
        ours = line["medreward"]
        assert ours["status"] == "ok"
        assert set(ours["components"]) == {"semantics", "grounding"}
        assert line["score"] == sum(one["weight"] * one["value"] for one in ours["components"].values())
        assert ours["trained"]
        assert ours["fingerprint"]
    assert len({line["medreward"]["fingerprint"] for line in lines}) == 1


def test_every_token_of_a_turn_has_the_advantage_of_its_group(gemex: grpo.Run) -> None:
    for step in range(1, STEPS + 1):
        lines = gemex.rollouts(step)
        expected = advantages_of(lines)
        for line in lines:
            first = line["medreward"]["segments"]["first"]
            assert first["advantage"] / first["tokens"] == pytest.approx(expected[line["uid"]], abs=1e-4)


def test_components_reach_the_metrics_of_every_step(gemex: grpo.Run) -> None:
    metrics = gemex.metrics()
    for name in ("reward/mean", "reward/semantics/mean", "reward/grounding/mean", "rollouts/unscored"):
        assert len(metrics[name]) == STEPS, sorted(metrics)
    assert metrics["rollouts/unscored"] == [0.0] * STEPS
    for step in range(1, STEPS + 1):
        assert metrics["reward/mean"][step - 1] == pytest.approx(mean(x["score"] for x in gemex.rollouts(step)))
    assert all(math.isfinite(value) for values in metrics.values() for value in values)


def test_wrong_answers_are_revised_and_right_ones_are_not(medsage: tuple[grpo.Run, Path]) -> None:
    lines = [line["medreward"] for line in every(medsage[0])]
    assert {line["first_right"] for line in lines} == {True, False}
    for line in lines:
        assert line["revised"] == (not line["first_right"])
        assert set(line["texts"]) == ({"first", "self_check", "second"} if line["revised"] else {"first"})
        assert set(line["components"]) == {"semantics", "format", "consistency", "self_check"}
        assert line["components"]["consistency"]["status"] == "ok"


def test_validation_takes_no_retry(medsage: tuple[grpo.Run, Path]) -> None:
    metrics = medsage[0].metrics()
    assert metrics["val-aux/num_turns/max"] == [2.0]
    assert metrics["val-aux/unscored"] == [0.0]
    (semantics,) = (name for name in metrics if name.endswith("medreward/semantics/mean@1"))
    assert 0.0 <= metrics[semantics][0] <= 1.0


def test_advantage_on_self_checks_is_alpha_a_token_of_the_successes(medsage: tuple[grpo.Run, Path]) -> None:
    run, _ = medsage
    credited = 0
    for step in range(1, STEPS + 1):
        lines, on_checks, tokens = run.rollouts(step), 0.0, 0
        expected = advantages_of(lines)
        for line in lines:
            ours, segments = line["medreward"], line["medreward"]["segments"]
            final = segments["second" if ours["revised"] else "first"]
            assert final["advantage"] / final["tokens"] == pytest.approx(expected[line["uid"]], abs=1e-4)
            if not ours["revised"]:
                continue
            success = ours["components"]["semantics"]["value"] == 1.0
            assert ours["credit"] == float(success)
            check = segments["self_check"]
            assert check["advantage"] == pytest.approx(ALPHA * check["tokens"] * success, abs=1e-4)
            assert segments["first"]["advantage_magnitude"] == 0.0
            assert segments["template"]["advantage_magnitude"] == 0.0
            on_checks += check["advantage"]
            tokens += check["tokens"] * success
        metrics = run.metrics()
        assert metrics["advantage/self_check"][step - 1] == pytest.approx(on_checks, abs=1e-4)
        assert metrics["advantage/self_check"][step - 1] == pytest.approx(ALPHA * tokens, abs=1e-4)
        assert metrics["advantage/elsewhere"][step - 1] == 0.0
        credited += tokens
    assert credited, "no retry succeeded: nothing was shown"


def test_the_vision_tower_keeps_its_weights_bit_for_bit(medsage: tuple[grpo.Run, Path]) -> None:
    import torch
    from safetensors.torch import load_file

    run, model = medsage
    before = load_file(model / "model.safetensors")
    (file,) = (run.folder / f"global_step_{STEPS}" / "actor").glob("model_world_size_1_rank_0.pt")
    after = torch.load(file, weights_only=False)
    after = {name: value.full_tensor() if hasattr(value, "full_tensor") else value for name, value in after.items()}

    def last(name: str) -> str:
        return name.split("visual.")[-1] if "visual." in name else name.rsplit(".", 4)[-1]

    frozen = {last(name): value for name, value in before.items() if "visual." in name}
    kept = {last(name): value for name, value in after.items() if "visual." in name}
    assert frozen.keys() == kept.keys() != set()
    for name, value in frozen.items():
        assert torch.equal(kept[name].to(value.dtype), value), name
        assert torch.equal(kept[name], value.to(kept[name].dtype)), name
    (head,) = (name for name in after if name.endswith("lm_head.weight"))
    assert not torch.equal(after[head].to(torch.bfloat16), before["lm_head.weight"])
