"""The checkpoint in the wheel: whole, what its card says, and right about trajectories that nothing was trained on.

``written.jsonl`` holds sound trajectories and their corrupted twins, written by hand and not by the grammar.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("peft", reason="needs medreward[scorer]")

from medreward.examples import load_examples
from medreward.parsing import parse
from medreward.rewards.consistency import consistency
from medreward.rewards.types import Params, Pending, Sample
from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import SHIPPED, Checkpoint, open_checkpoint
from medreward.scorer.model import Model

WRITTEN = [json.loads(line) for line in (Path(__file__).parent / "written.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return open_checkpoint(SHIPPED)


@pytest.fixture(scope="module")
def model(checkpoint: Checkpoint) -> Model:
    return Model.load(checkpoint)


def _ask(case: dict[str, Any], changes: dict[str, str | None]) -> ScorerAsk:
    stages = {**case["stages"], **{name: text for name, text in changes.items() if name != "answer"}}
    kept = tuple((name, text) for name, text in stages.items() if text is not None)
    return ScorerAsk(case["question"], kept, changes.get("answer") or case["answer"])


def test_it_is_small_enough_for_a_wheel(checkpoint: Checkpoint) -> None:
    assert sum(file.stat().st_size for file in checkpoint.path.iterdir()) < 8 * 2**20


def test_its_metrics_are_of_these_very_weights(checkpoint: Checkpoint) -> None:
    metrics = json.loads((checkpoint.path / "metrics.json").read_text())
    assert metrics["evaluated"]["sha256"] == checkpoint.sha256
    assert {"README.md", "scores.png", "scores-text.png", "reliability.png"} <= {
        file.name for file in checkpoint.path.iterdir()
    }


def test_it_was_made_by_the_config_in_the_repository(checkpoint: Checkpoint) -> None:
    from medreward_trainer.scorer.config import load_config

    config = load_config()
    adapter = json.loads((checkpoint.path / "adapter_config.json").read_text())
    assert checkpoint.card.name == config.name
    assert checkpoint.card.max_tokens == config.max_tokens
    assert (adapter["r"], adapter["lora_alpha"]) == (config.lora.rank, config.lora.alpha)
    assert adapter["base_model_name_or_path"] == config.backbone == checkpoint.card.backbone


def test_sound_trajectories_written_by_hand_mostly_outrank_their_twins(model: Model) -> None:
    won = 0
    pairs = 0
    for case in WRITTEN:
        asks = [_ask(case, {}), *(_ask(case, changes) for changes in case["twins"].values())]
        sound, *twins = model.logits(model.encoder.encode(asks))
        won += sum(sound > twin for twin in twins)
        pairs += len(twins)
    assert pairs == 46
    assert won / pairs >= 0.85  # 42 of 46


def test_the_sound_example_outranks_the_one_that_contradicts_itself(model: Model) -> None:
    logits = {}
    for rollout in load_examples("medsage"):
        pending = consistency(Sample(rollout, parse(rollout.response), None, False), Params())
        if isinstance(pending, Pending):
            (ask,) = pending.asks
            assert isinstance(ask, ScorerAsk)
            (logits[rollout.id],) = model.logits(model.encoder.encode([ask]))
    assert logits["fluid/sound"] > logits["fluid/contradicts"]
    assert logits["fluid/sound"] > logits["fluid/no-knowledge"]
