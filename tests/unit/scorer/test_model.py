"""One forward a batch: a trajectory's logit does not depend on what it is read with."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("transformers", reason="needs medreward[scorer]")

from medreward.scorer.checkpoint import (
    CARD,
    Calibration,
    Card,
    CheckpointError,
    open_checkpoint,
    weights_sha256,
)
from medreward.scorer.model import Model, build
from tests import tiny_scorer

Tensors = dict[str, Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    directory: Path = tiny_scorer.build(tmp_path_factory.mktemp("tiny"))
    return Model.load(open_checkpoint(directory))


def test_a_logit_is_the_same_alone_and_in_any_company(model: Model) -> None:
    encoded = model.encoder.encode([tiny_scorer.ask(number) for number in range(24)])
    alone = [model.logits([one])[0] for one in encoded]
    assert len({round(logit, 4) for logit in alone}) > 12  # they differ, or there would be nothing to see
    for seed in range(3):
        order = random.Random(seed).sample(range(24), 24)
        together = model.logits([encoded[i] for i in order])
        for place, i in enumerate(order):
            assert together[place] == pytest.approx(alone[i], abs=1e-5)


def test_question_and_trajectory_are_two_segments(model: Model) -> None:
    (encoded,) = model.encoder.encode([tiny_scorer.ask(1)])
    given = model.batch([encoded])
    segments = given["token_type_ids"][0].tolist()
    assert segments[: len(encoded.ids)] == [0] * encoded.first + [1] * (len(encoded.ids) - encoded.first)
    assert given["attention_mask"].sum().item() == len(encoded.ids)


def _adapter(directory: Path, **lora: Any) -> Path:
    """A checkpoint of LoRA and head over a tiny backbone that has no head."""
    from peft import LoraConfig, get_peft_model
    from transformers import BertForSequenceClassification

    backbone = tiny_scorer.build(directory / "backbone")
    whole: Any = BertForSequenceClassification.from_pretrained(str(backbone))
    whole.bert.save_pretrained(str(backbone))
    settings = {"task_type": "SEQ_CLS", "r": 2, "target_modules": "all-linear", "init_lora_weights": False, **lora}
    adapted: Any = get_peft_model(build(str(backbone)), LoraConfig(**settings))
    adapted.save_pretrained(str(directory / "adapter"))
    card = Card("adapter", str(backbone), weights_sha256(backbone), 96, Calibration(1.0, 0.0))
    (directory / "adapter" / CARD).write_bytes(msgspec.json.encode(card))
    return directory / "adapter"


def _logits(checkpoint: Path) -> list[float]:
    model = Model.load(open_checkpoint(checkpoint))
    return model.logits(model.encoder.encode([tiny_scorer.ask(number) for number in range(3)]))


def _rewrite(checkpoint: Path, change: Callable[[Tensors], Tensors]) -> None:
    from safetensors.torch import load_file, save_file

    path = checkpoint / "adapter_model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def test_an_adapter_and_its_head_are_the_same_at_every_load(tmp_path: Path) -> None:
    checkpoint = _adapter(tmp_path)
    first = _logits(checkpoint)
    assert len(set(first)) == 3
    assert _logits(checkpoint) == first


@pytest.mark.parametrize(
    "missing", ["classifier.weight", "classifier.bias", "layer.1.attention.self.query.lora_B.weight"]
)
def test_an_adapter_that_misses_weights_is_refused(tmp_path: Path, missing: str) -> None:
    """Otherwise they would be random numbers, others at each load, or an adaptation that is not there."""
    checkpoint = _adapter(tmp_path)
    _rewrite(checkpoint, lambda tensors: {name: one for name, one in tensors.items() if not name.endswith(missing)})
    with pytest.raises(CheckpointError, match=rf"adapter: weights are missing: .*{missing}"):
        Model.load(open_checkpoint(checkpoint))


def test_an_adapter_of_more_layers_than_there_are_is_refused(tmp_path: Path) -> None:
    checkpoint = _adapter(tmp_path)
    _rewrite(
        checkpoint,
        lambda tensors: {
            **tensors,
            **{name.replace("layer.1", "layer.7"): one.clone() for name, one in tensors.items()},
        },
    )
    with pytest.raises(CheckpointError, match=r"weights have no place: .*layer\.7"):
        Model.load(open_checkpoint(checkpoint))


def test_a_head_that_is_only_adapted_is_no_head(tmp_path: Path) -> None:
    """What the adapter is added to would be random numbers."""
    checkpoint = _adapter(tmp_path, task_type=None)
    with pytest.raises(CheckpointError, match=r"weights are missing: .*classifier\.weight"):
        Model.load(open_checkpoint(checkpoint))


def test_a_whole_model_that_misses_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = tiny_scorer.build(tmp_path / "tiny") / "model.safetensors"
    save_file({name: one for name, one in load_file(path).items() if "classifier" not in name}, path, {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"weights are missing: classifier\.bias, classifier\.weight"):
        Model.load(open_checkpoint(path.parent))


def test_weights_that_no_hash_covers_are_not_read(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    directory = tiny_scorer.build(tmp_path / "tiny")
    weights = directory / "model.safetensors"
    torch.save(load_file(weights), directory / "pytorch_model.bin")
    weights.rename(directory / "other.safetensors")
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        Model.load(open_checkpoint(directory))


def test_more_tokens_than_the_backbone_has_positions_are_refused(tmp_path: Path) -> None:
    directory = tiny_scorer.build(tmp_path / "tiny")
    card = msgspec.json.decode((directory / CARD).read_bytes())
    (directory / CARD).write_bytes(msgspec.json.encode({**card, "max_tokens": 200}))
    with pytest.raises(CheckpointError, match="max_tokens is 200, and the backbone knows 96 positions"):
        Model.load(open_checkpoint(directory))
