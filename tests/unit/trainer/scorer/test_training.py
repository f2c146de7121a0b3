"""Real runs of a tiny encoder on trajectories that a word tells apart."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs medreward[scorer-train]")
pytest.importorskip("tensorboard", reason="needs medreward[scorer-train]")

import torch
from safetensors.torch import load_file, save_file

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import CheckpointError, open_checkpoint
from medreward.scorer.encoding import Encoder
from medreward.scorer.model import Model, tokenizer_of
from medreward_trainer.scorer import adapter
from medreward_trainer.scorer.config import Lora, TrainingConfig, TrainingError
from medreward_trainer.scorer.examples import Contrast, Example
from medreward_trainer.scorer.reading import logits
from medreward_trainer.scorer.states import STATES
from medreward_trainer.scorer.training import ContrastiveTrainer, _order, draw, pairwise, train
from tests import tiny_scorer


def _contrast(number: int) -> Contrast:
    def trajectory(conclusion: str) -> ScorerAsk:
        seen = f"a shadow at the {'left' if number % 2 else 'right'} base {number % 7}"
        return ScorerAsk("What is seen?", (("visual", seen), ("conclusion", conclusion)), "fluid")

    return Contrast(
        "slake",
        str(number),
        (Example(trajectory(f"clear fluid {number}"), "plain"),),
        (
            Example(trajectory(f"no heart {number}"), "wrong_answer"),
            Example(trajectory(f"no wall {number}"), "negation_flip"),
        ),
    )


CONTRASTS = [_contrast(number) for number in range(64)]
HELD_OUT = [_contrast(number) for number in range(100, 116)]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tiny_scorer.build(tmp_path_factory.mktemp("backbone"))
    # weights as small as before any training, so that it can learn
    weights = load_file(directory / "model.safetensors")
    calmed = {name: tensor if "LayerNorm" in name else tensor * 0.2 for name, tensor in weights.items()}
    save_file(calmed, directory / "model.safetensors", metadata={"format": "pt"})
    return directory


def _config(backbone: Path, **changes: object) -> TrainingConfig:
    fields: dict[str, object] = {
        "name": "tiny",
        "backbone": str(backbone),
        "max_tokens": 64,
        "sources": {"slake": None},
        "lora": Lora(rank=4, alpha=8, also_train=["pooler"]),
        "negatives": 2,
        "learning_rate": 5e-3,
        "epochs": 1,
        "batch": 8,
        "save_every": 4,
        "precision": "float32",
        "threads": 1,
        **changes,
    }
    return TrainingConfig(**fields)


@pytest.mark.parametrize(("rank", "extracted"), [(0, False), (4, False), (8, True)])
def test_what_is_learned_is_what_the_checkpoint_scores(
    backbone: Path, tmp_path: Path, rank: int, extracted: bool
) -> None:
    config = _config(backbone, lora=Lora(rank=rank, alpha=max(rank, 1), extracted=extracted), epochs=3)
    checkpoint = train(config, CONTRASTS, HELD_OUT, tmp_path)
    assert checkpoint == open_checkpoint(tmp_path)
    assert checkpoint.adapted == bool(rank)
    assert pairwise(Model.load(checkpoint), HELD_OUT, 512) > 0.95
    assert list((tmp_path / STATES / "tensorboard").glob("events.*"))


def test_the_same_seed_makes_the_same_checkpoint(backbone: Path, tmp_path: Path) -> None:
    first = train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "a")
    again = train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "b")
    other = train(_config(backbone, seed=1), CONTRASTS, HELD_OUT, tmp_path / "c")
    assert first.sha256 == again.sha256
    assert first.sha256 != other.sha256


def test_a_resumed_run_ends_where_an_unbroken_one_does(
    backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "whole")
    real = ContrastiveTrainer.compute_loss
    steps = Counter[str]()

    def broken(self: ContrastiveTrainer, *args: object, **kwargs: object) -> object:
        steps["done"] += 1
        if steps["done"] == 6:
            raise KeyboardInterrupt
        return real(self, *args, **kwargs)

    monkeypatch.setattr(ContrastiveTrainer, "compute_loss", broken)
    with pytest.raises(KeyboardInterrupt):
        train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "broken")
    monkeypatch.undo()
    resumed = train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "broken", resume=True)
    assert resumed.sha256 == unbroken.sha256


def test_there_must_be_something_to_resume(backbone: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no state to resume"):
        train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path, resume=True)


def test_a_directory_holds_one_run(backbone: Path, tmp_path: Path) -> None:
    train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "out")
    with pytest.raises(TrainingError, match="not empty"):
        train(_config(backbone, seed=3), CONTRASTS, HELD_OUT, tmp_path / "out")
    with pytest.raises(TrainingError, match="began with other settings: learning_rate, seed"):
        train(_config(backbone, seed=3, learning_rate=1e-3), CONTRASTS, HELD_OUT, tmp_path / "out", resume=True)


def test_contrasts_of_one_side_do_not_train(backbone: Path, tmp_path: Path) -> None:
    one_sided = [Contrast(one.source, one.group, one.sound, ()) for one in CONTRASTS]
    with pytest.raises(TrainingError, match="no contrast to train on"):
        train(_config(backbone), one_sided, HELD_OUT, tmp_path)


def test_a_backbone_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="absent"):
        train(_config(tmp_path / "absent"), CONTRASTS, HELD_OUT, tmp_path / "out")


def test_no_path_of_this_machine_is_in_a_checkpoint_of_a_named_backbone(backbone: Path, tmp_path: Path) -> None:
    checkpoint = train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "out")
    adapter = json.loads((checkpoint.path / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == str(backbone)  # as the settings name it


def test_a_sequence_longer_than_the_backbone_reads_is_refused(backbone: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="max_tokens"):
        train(_config(backbone, max_tokens=4096), CONTRASTS, HELD_OUT, tmp_path / "out")


def test_an_adapter_refuses_another_backbone(backbone: Path, tmp_path: Path) -> None:
    checkpoint = train(_config(backbone), CONTRASTS, HELD_OUT, tmp_path / "out")
    other = tiny_scorer.build(tmp_path / "other", seed=5)
    card = (checkpoint.path / "scorer.json").read_text().replace(str(backbone), str(other))
    (checkpoint.path / "scorer.json").write_text(card)
    with pytest.raises(CheckpointError, match="its weights are others"):
        Model.load(open_checkpoint(checkpoint.path))


def test_a_draw_takes_different_kinds_first() -> None:
    sound = Example(ScorerAsk("q", (("think", "s"),), "a"), "plain")
    unsound = tuple(
        Example(ScorerAsk("q", (("think", f"{kind} {n}"),), "a"), kind)
        for kind in ("side_flip", "wrong_answer", "stage_swap")
        for n in range(4)
    )
    contrast = Contrast("slake", "1", (sound,), unsound)
    for seed in range(20):
        drawn = draw(contrast, 2, 3, random.Random(seed))
        assert [one.kind for one in drawn].count("plain") == 1
        assert len({one.kind for one in drawn if not one.sound}) == 3
    assert len(draw(contrast, 1, 50, random.Random(0))) == 13


def test_a_draw_prefers_twins_of_the_sound_one_drawn() -> None:
    def written(seen: str, concluded: str) -> ScorerAsk:
        return ScorerAsk("q", (("localization", seen), ("visual", seen), ("conclusion", concluded)), "a")

    sound = tuple(Example(written(f"seen {n}", f"so {n}"), "plain") for n in range(4))
    unsound = tuple(Example(written(f"seen {n}", f"not {n}"), "negation_flip") for n in range(4))
    contrast = Contrast("slake", "1", sound, unsound)
    for seed in range(20):
        first, second = draw(contrast, 1, 1, random.Random(seed))
        assert first.ask.stages[0] == second.ask.stages[0]


def test_an_epoch_takes_every_contrast_once_and_in_another_order(backbone: Path) -> None:
    order = list(_order(CONTRASTS, _config(backbone, epochs=2.25)))
    assert sorted(order[:64]) == sorted(order[64:128]) == list(range(64))
    assert order[:64] != order[64:128]
    assert len(order) == 144
    assert order == list(_order(CONTRASTS, _config(backbone, epochs=2.25)))


@pytest.mark.parametrize(("epochs", "shorter"), [(0.5, 8), (1.0, 16), (1.5, 24), (4.0, 32)])
def test_shorter_contrasts_come_first_and_none_twice_before_all_came(
    backbone: Path, epochs: float, shorter: int
) -> None:
    wordy = ScorerAsk("What is seen?", (("think", "word " * 30),), "fluid")
    long = [Contrast("slake", f"long {one.group}", (Example(wordy, "plain"),), one.unsound) for one in CONTRASTS[:32]]
    order = list(_order([*long, *CONTRASTS[:32]], _config(backbone, shorter_first=0.25, epochs=epochs)))
    assert len(order) == 64 * epochs
    assert min(order[:shorter]) >= 32
    assert len(set(order[:64])) == min(64, len(order))


def test_an_extracted_adapter_of_full_rank_scores_as_what_was_trained(backbone: Path, tmp_path: Path) -> None:
    config = _config(backbone, lora=Lora(rank=64, alpha=32, extracted=True))
    torch.manual_seed(0)
    trained = adapter.to_train(config)
    start = {name: weight.clone() for name, weight in trained.named_parameters()}
    changed = set()
    with torch.no_grad():
        for name, weight in trained.named_parameters():
            if weight.requires_grad:
                changed.add(name)
                weight.add_(torch.randn_like(weight) * 0.3)
    assert all(torch.equal(weight, start[name]) for name, weight in trained.named_parameters() if name not in changed)
    assert not any("embeddings" in name or "LayerNorm" in name for name in changed)
    encoder = Encoder(tokenizer_of(config.backbone), config.max_tokens)
    asks = [example.ask for contrast in HELD_OUT for example in contrast.unsound]
    kept = adapter.to_keep(trained, config)
    wanted, found = (
        logits(Model(network.eval(), encoder, torch.device("cpu"), "float32"), asks, 512) for network in (trained, kept)
    )
    spread = max(wanted) - min(wanted)
    assert spread > 0.05
    # it is kept in half precision
    assert found == pytest.approx(wanted, abs=0.01 * spread)
