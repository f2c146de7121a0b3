"""The model card: the hub can read it, and its numbers are the metrics'."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from huggingface_hub import ModelCard

from medreward.scorer.checkpoint import Checkpoint, open_checkpoint
from medreward_trainer.scorer.card import weights_licence, write_card
from medreward_trainer.scorer.evaluation import Metrics, evaluate

from .evaluation import made

LICENCES = {"slake": "CC BY 4.0", "medrbench": "CC BY-SA", "openi": "CC BY-NC-ND"}
COMMAND = "medreward-train scorer --data DATA --out DIRECTORY"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return made.checkpoint(tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="module")
def metrics(checkpoint: Checkpoint) -> Metrics:
    trained = [*made.told_apart(12), *made.told_apart(3, "medrbench", "m1")]
    tested = [*made.told_apart(6), *made.judged(8)]
    return evaluate(checkpoint, {"train": trained, "test": tested}, checkpoint.path, seed=4, resamples=30)


@pytest.fixture(scope="module")
def written(checkpoint: Checkpoint, metrics: Metrics) -> Path:
    return write_card(checkpoint, metrics, {"epochs": 2.0, "sources": {"slake": None}}, LICENCES, COMMAND)


def test_the_hub_reads_it(written: Path, metrics: Metrics) -> None:
    data = ModelCard.load(written).data
    assert data.license == "cc-by-sa-4.0"
    assert data.datasets == ["medrbench", "slake"]
    results = {(one.dataset_name, one.metric_name.split(", 95")[0]): one.metric_value for one in data.eval_results}
    expected = metrics.slices["grammar"].methods["scorer"].pairwise["side_flip"].value
    assert results["grammar (6 held-out groups)", "pairwise_accuracy, side_flip"] == expected
    within = metrics.slices["judged/openi"].methods["scorer"].auc_within_writer["m1"].value
    assert results["judged/openi (8 held-out groups)", "roc_auc, within m1"] == within


def test_it_says_what_the_weights_were_made_of_and_what_only_measured_them(written: Path) -> None:
    text = written.read_text()
    trained, only_tested = text.split("Only evaluated on")
    assert "| slake | CC BY 4.0 | 12 | 24 | 24 |" in trained
    assert "| medrbench | CC BY-SA | 3 | 6 | 6 |" in trained
    assert "openi" not in trained.split("## Training data")[1]
    assert "| openi | CC BY-NC-ND | 8 | 8 | 8 |" in only_tested
    assert COMMAND in text
    assert "epochs: 2.0" in text


def test_what_falls_short_is_said_with_its_interval(written: Path, metrics: Metrics) -> None:
    limits = written.read_text().split("## Limits and biases")[1]
    missed = [one for one in metrics.targets if one.verdict == "missed"]
    assert missed
    assert limits.count("- Missed: ") == len(missed)
    assert "- Not shown: pairwise accuracy of negation_flip in grammar: the data have no such corruption." in limits


def test_no_field_is_left_to_fill_in(written: Path) -> None:
    text = written.read_text()
    assert "$" not in text.replace("$ medreward-train", "")
    for picture in ("scores.png", "scores-text.png", "reliability.png"):
        assert (written.parent / picture).is_file()
        assert f"({picture})" in text


def test_writing_it_does_not_change_the_checkpoint(written: Path, checkpoint: Checkpoint) -> None:
    assert open_checkpoint(written.parent).sha256 == checkpoint.sha256


def test_another_checkpoints_metrics_are_refused(checkpoint: Checkpoint, metrics: Metrics) -> None:
    other = msgspec.structs.replace(checkpoint, sha256="0" * 64)
    with pytest.raises(ValueError, match="not of this one"):
        write_card(other, metrics, {}, LICENCES, COMMAND)


def test_a_source_without_a_licence_is_refused(checkpoint: Checkpoint, metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="licence is known of openi"):
        write_card(checkpoint, metrics, {}, {"slake": "MIT", "medrbench": "MIT"}, COMMAND)


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["MIT", "CC BY 4.0", "CC BY-SA"], "cc-by-sa-4.0"),
        (["MIT", "CC BY 4.0"], "cc-by-4.0"),
        (["MIT", "Apache-2.0, as its README says"], "apache-2.0"),
        (["CC BY-SA", "CC BY-NC-ND"], "other"),
    ],
)
def test_weights_keep_the_most_demanding_condition(licences: list[str], expected: str) -> None:
    name, why = weights_licence(licences)
    assert name == expected
    assert all(licence in why for licence in licences)
