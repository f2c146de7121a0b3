from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medreward.judge.engines.weights import sampled_digest


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "config.json").write_text('{"layers": 2}')
    (directory / "model.safetensors").write_bytes(bytes(range(256)) * 40_000)  # 10 MB: sampled
    return directory


def test_equal_content_has_equal_digests_wherever_it_lies(weights: Path, tmp_path: Path) -> None:
    shutil.copytree(weights, tmp_path / "copy")
    assert sampled_digest(weights) == sampled_digest(tmp_path / "copy")
    assert len(sampled_digest(weights)) == 16


def test_a_byte_of_a_small_file_shows(weights: Path) -> None:
    before = sampled_digest(weights)
    (weights / "config.json").write_text('{"layers": 3}')
    assert sampled_digest(weights) != before


def test_other_weights_of_the_same_size_show(weights: Path) -> None:
    before = sampled_digest(weights)
    (weights / "model.safetensors").write_bytes(bytes(reversed(range(256))) * 40_000)
    assert sampled_digest(weights) != before


@pytest.mark.parametrize("offset", [0, -1])
def test_both_ends_of_a_large_file_are_looked_at(weights: Path, offset: int) -> None:
    before = sampled_digest(weights)
    content = bytearray((weights / "model.safetensors").read_bytes())
    content[offset] ^= 1
    (weights / "model.safetensors").write_bytes(content)
    assert sampled_digest(weights) != before


def test_a_file_of_another_name_shows(weights: Path) -> None:
    before = sampled_digest(weights)
    (weights / "config.json").rename(weights / "other.json")
    assert sampled_digest(weights) != before


def test_an_empty_file_more_shows(weights: Path) -> None:
    before = sampled_digest(weights)
    (weights / "extra").touch()
    assert sampled_digest(weights) != before
