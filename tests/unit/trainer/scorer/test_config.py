"""A run's settings: what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from medreward_trainer.scorer.config import DEFAULT, TrainingError, load_config


def _load(tmp_path: Path, text: str) -> str:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(TrainingError) as caught:
        load_config(path)
    return str(caught.value)


def test_the_shipped_run_is_valid() -> None:
    config = load_config()
    assert config.sources
    assert DEFAULT.name == "scorer.yaml"


def test_a_setting_out_of_range_is_named(tmp_path: Path) -> None:
    assert "learning_rate" in _load(tmp_path, "{name: a, sources: {slake: 1}, learning_rate: -1}")


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    assert "lora.ranks" in _load(tmp_path, "{name: a, sources: {slake: 1}, lora: {ranks: 3}}")


def test_no_sources_is_refused(tmp_path: Path) -> None:
    assert "sources" in _load(tmp_path, "{name: a, sources: {}}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"absent\.yaml"):
        load_config(tmp_path / "absent.yaml")
