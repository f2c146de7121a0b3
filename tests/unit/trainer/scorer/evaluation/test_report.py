"""The whole evaluation on a tiny checkpoint: what it writes and what it says."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from medreward.scorer.checkpoint import Checkpoint
from medreward_trainer.scorer.evaluation import Metrics, evaluate
from medreward_trainer.scorer.evaluation.grids import all_grids, shown, target_grid
from medreward_trainer.scorer.evaluation.report import EvaluationError, limited
from medreward_trainer.scorer.evaluation.types import Estimate
from medreward_trainer.scorer.examples import Contrast, Split

from .made import judged, told_apart

DATA: dict[Split, list[Contrast]] = {
    "train": told_apart(12),
    "tune": told_apart(2),
    "test": [*told_apart(6), *told_apart(5, "medrbench", "m1"), *judged(8)],
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation") / "made"


@pytest.fixture(scope="module")
def metrics(tiny: Checkpoint, out: Path) -> Metrics:
    return evaluate(tiny, DATA, out, seed=1, resamples=50)


def test_metrics_are_written_as_they_are_typed(metrics: Metrics, out: Path) -> None:
    text = (out / "metrics.json").read_text()
    assert msgspec.json.decode(text, type=Metrics) == metrics
    assert "NaN" not in text
    assert "Infinity" not in text


def test_metrics_say_what_was_measured(metrics: Metrics, tiny: Checkpoint) -> None:
    assert metrics.evaluated.sha256 == tiny.sha256
    assert metrics.evaluated.seed == 1
    assert metrics.read == 6 * 4 + 5 * 4 + 8 * 2
    assert {split: sorted(sources) for split, sources in metrics.data.items()} == {
        "train": ["slake"],
        "tune": ["slake"],
        "test": ["medrbench", "openi", "slake"],
    }
    assert list(metrics.slices) == ["grammar", "grammar/slake", "text/medrbench", "judged/openi"]
    assert list(metrics.methods) == ["scorer", "length", "bag_of_words", "untrained"]


def test_bag_of_words_finds_the_telling_word_and_random_weights_do_not(metrics: Metrics) -> None:
    found = metrics.slices["grammar"].methods
    assert found["bag_of_words"].pairwise["all"].value == 1.0
    scorer = found["scorer"].pairwise["all"].value
    assert scorer is not None
    assert scorer < 1.0


def test_the_same_seed_gives_the_same_files(metrics: Metrics, out: Path, tiny: Checkpoint, tmp_path: Path) -> None:
    assert evaluate(tiny, DATA, tmp_path, seed=1, resamples=50) == metrics
    for file in ("metrics.json", "scores.png", "scores-text.png", "reliability.png"):
        assert (tmp_path / file).read_bytes() == (out / file).read_bytes()


def test_plots_are_small_pictures(metrics: Metrics, out: Path) -> None:
    pictures = sorted(out.glob("*.png"))
    assert [one.name for one in pictures] == ["reliability.png", "scores-text.png", "scores.png"]
    for one in pictures:
        content = one.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert 3_000 < len(content) < 100_000


def test_a_baseline_without_training_data_is_absent_with_the_reason(tiny: Checkpoint) -> None:
    found = evaluate(tiny, {"test": DATA["test"]}, seed=1, resamples=20)
    assert {name for name, method in found.methods.items() if method.absent} == {"length", "bag_of_words"}
    assert set(found.slices["grammar"].methods) == {"scorer", "untrained"}


def test_nothing_to_test_on_is_an_error(tiny: Checkpoint) -> None:
    with pytest.raises(EvaluationError, match="'test'"):
        evaluate(tiny, {"train": DATA["train"]}, seed=1)


def test_a_limit_is_for_each_source_and_drawn_by_the_seed() -> None:
    few = limited(DATA["test"], 3, seed=1)
    assert [one.source for one in few] == ["slake"] * 3 + ["medrbench"] * 3 + ["openi"] * 3
    assert limited(DATA["test"], 3, seed=1) == few
    assert limited(DATA["test"], 3, seed=2) != few
    assert limited(DATA["test"], None, seed=1) == DATA["test"]


def test_grids_show_intervals_and_absences(metrics: Metrics) -> None:
    assert shown(Estimate(value=0.934, low=0.9, high=0.96, interval="bootstrap")) == "0.93 [0.90, 0.96]"
    assert shown(Estimate(value=None, absent="no data")) == "absent"
    verdicts = {row[2]: row[-1] for row in target_grid(metrics).rows if row[0] == "grammar"}
    assert verdicts["negation_flip"] == "absent: the data have no such corruption"
    assert verdicts["side_flip"].split(",")[0] in ("met", "missed")
    for grid in all_grids(metrics):
        assert grid.rows
        assert {len(row) for row in grid.rows} == {len(grid.headers)}
        assert grid.markdown().count("\n") == len(grid.rows) + 1
