"""Checkpoints on disk: what is not whole is refused by name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

pytest.importorskip("transformers", reason="needs medreward[scorer]")

from medreward.scorer.checkpoint import CARD, Calibration, CheckpointError, open_checkpoint
from medreward.scorer.model import Model, build
from tests import tiny_scorer


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tiny_scorer.build(tmp_path / "tiny")


def _card(directory: Path, **changes: object) -> None:
    card = msgspec.json.decode((directory / CARD).read_bytes())
    (directory / CARD).write_bytes(msgspec.json.encode({**card, **changes}))


def test_the_hash_follows_weights_and_card_and_nothing_else(tiny: Path) -> None:
    first = open_checkpoint(tiny).sha256
    (tiny / "README.md").write_text("a card")
    (tiny / "metrics.json").write_text("{}")
    assert open_checkpoint(tiny).sha256 == first
    _card(tiny, calibration={"slope": 2.0, "intercept": 0.0})
    second = open_checkpoint(tiny).sha256
    weights = tiny / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert len({first, second, open_checkpoint(tiny).sha256}) == 3


def test_a_directory_without_a_card_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint: scorer\.json"):
        open_checkpoint(tmp_path)


def test_missing_weights_are_named(tiny: Path) -> None:
    (tiny / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="no weights"):
        open_checkpoint(tiny)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"encoding": 99}, "encoding 99"),
        ({"max_tokens": 3}, "max_tokens"),
        ({"calibration": {"slope": -1.0, "intercept": 0.0}}, "slope"),
        ({"colour": "blue"}, "colour"),
        ({"name": 3}, "name"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused_by_the_field(tiny: Path, change: dict[str, object], told: str) -> None:
    _card(tiny, **change)
    with pytest.raises(CheckpointError, match=told):
        open_checkpoint(tiny)


def test_broken_weights_are_no_model(tiny: Path) -> None:
    weights = tiny / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(CheckpointError):
        Model.load(open_checkpoint(tiny))


def test_a_backbone_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError, match="absent"):
        build(str(tmp_path / "absent"))


@pytest.mark.parametrize("slope", [0.0, -1.0, float("nan"), float("inf")])
def test_a_calibration_must_keep_the_order(slope: float) -> None:
    with pytest.raises(ValueError, match="slope"):
        Calibration(slope, 0.0)
