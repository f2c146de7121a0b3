"""Pairwise accuracy and AUC against what can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.evaluation.intervals import Bootstrap
from medreward_trainer.scorer.evaluation.measure import length_correlation, measure
from medreward_trainer.scorer.evaluation.metrics import auc, pairwise
from medreward_trainer.scorer.evaluation.table import Table
from medreward_trainer.scorer.evaluation.types import ALL, Estimate
from medreward_trainer.scorer.examples import Example, Kind

from .made import contrast, example, judged, told_apart

BOOTSTRAP = Bootstrap(resamples=400, seed=3)


def everything(table: Table) -> np.ndarray:
    return np.ones(len(table.examples), dtype=np.bool_)


def test_a_tie_counts_half() -> None:
    table = Table.of([contrast("a", [example("plain")], [example("side_flip"), example("stage_swap")])])
    scores = np.array([1.0, 1.0, 0.0])
    assert pairwise(table, scores, table.pairs(), BOOTSTRAP).value == 0.75
    assert auc(table, scores, everything(table), BOOTSTRAP).value == 0.75


def test_pairs_are_of_one_question_only() -> None:
    table = Table.of(told_apart(2))
    # the second question's scores all lie above the first's: only across questions do they mix
    scores = np.array([1.0, 1.0, 0.0, 0.0, 3.0, 3.0, 2.0, 2.0])
    found = pairwise(table, scores, table.pairs(), BOOTSTRAP)
    assert (found.value, found.pairs, found.groups) == (1.0, 8, 2)
    assert auc(table, scores, everything(table), BOOTSTRAP).value == 0.75


def test_a_kind_is_measured_by_itself() -> None:
    table = Table.of(told_apart(4))
    scores = np.where(table.sound, 1.0, np.where(table.kind == "side_flip", 0.0, 2.0))
    found = measure(table, scores, BOOTSTRAP)
    assert {kind: one.value for kind, one in found.pairwise.items()} == {ALL: 0.5, "side_flip": 1.0, "stage_swap": 0.0}
    assert {kind: one.value for kind, one in found.auc.items()} == {ALL: 0.5, "side_flip": 1.0, "stage_swap": 0.0}


def test_a_way_to_be_sound_that_is_punished_is_seen() -> None:
    table = Table.of(told_apart(4))
    scores = np.where(table.kind == "plain", 1.0, np.where(table.sound, -1.0, 0.0))
    found = measure(table, scores, BOOTSTRAP).pairwise_by_form
    assert {form: one.value for form, one in found.items()} == {"plain": 1.0, "paraphrase": 0.0}


def test_a_corrupted_one_meets_the_sound_one_that_it_was_made_of() -> None:
    def told(kind: Kind, *stages: str) -> Example:
        return Example(ScorerAsk("?", tuple(zip(("visual", "knowledge", "conclusion"), stages, strict=True)), ""), kind)

    sound = [told("plain", "a", "b", "c"), told("paraphrase", "d", "e", "f")]
    unsound = [told("side_flip", "a", "x", "c"), told("stage_swap", "d", "e", "x"), told("wrong_answer", "x", "y", "c")]
    table = Table.of([contrast("a", sound, unsound)])
    # the second sound one is below everything, its own twin too; the last unsound one is nobody's twin
    found = measure(table, np.array([1.0, -1.0, 0.0, 0.0, 0.0]), BOOTSTRAP).pairwise_twins
    assert {kind: (one.value, one.pairs) for kind, one in found.items()} == {
        ALL: (0.5, 2),
        "side_flip": (1.0, 1),
        "stage_swap": (0.0, 1),
    }


def test_sound_ones_of_questions_without_a_kind_are_not_held_against_it() -> None:
    with_flip = contrast("a", [example("plain")], [example("side_flip")])
    without = contrast("b", [example("plain")], [example("stage_swap")])
    table = Table.of([with_flip, without])
    found = measure(table, np.array([1.0, 0.5, 0.0, 0.0]), BOOTSTRAP).auc["side_flip"]
    assert (found.value, found.sound, found.unsound) == (1.0, 1, 1)


def test_style_of_a_writer_is_not_merit_within_it() -> None:
    table = Table.of(judged(8))
    # a scorer that only knows who wrote it
    scores = (table.writer == "m1").astype(float)
    found = measure(table, scores, BOOTSTRAP)
    assert {writer: one.value for writer, one in found.auc_within_writer.items()} == {"m1": 0.5, "m2": 0.5}


def test_a_missing_class_is_absent_with_the_reason() -> None:
    table = Table.of([contrast("a", [example("plain")], []), contrast("b", [example("plain")], [])])
    across = auc(table, np.array([0.1, 0.2]), everything(table), BOOTSTRAP)
    within = pairwise(table, np.array([0.1, 0.2]), table.pairs(), BOOTSTRAP)
    assert (across.value, across.low, across.absent) == (None, None, "no unsound trajectory")
    assert (within.value, within.absent) == (None, "no question has both a sound and an unsound trajectory")


@pytest.mark.parametrize("value", [float("nan"), 1.5, -0.1])
def test_no_estimate_can_hold_what_is_no_share(value: float) -> None:
    with pytest.raises(ValueError, match="no share"):
        Estimate(value=value)


def test_an_estimate_without_value_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        Estimate(value=None)


def test_auc_is_that_of_sklearn_with_ties() -> None:
    table = Table.of(told_apart(40))
    scores = np.random.default_rng(1).integers(0, 6, len(table.examples)).astype(float) + table.sound
    assert auc(table, scores, everything(table), BOOTSTRAP).value == pytest.approx(
        roc_auc_score(table.sound, scores), abs=1e-6
    )


def test_a_resample_weighs_groups_as_often_as_they_were_drawn() -> None:
    table = Table.of(told_apart(6))
    scores = np.random.default_rng(2).integers(0, 4, len(table.examples)).astype(float)
    found = auc(table, scores, everything(table), BOOTSTRAP)
    drawn = []
    for weights in BOOTSTRAP.draws(6):
        rows = np.repeat(np.arange(len(scores)), weights[table.group].astype(int))
        drawn.append(roc_auc_score(table.sound[rows], scores[rows]))
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_length_that_goes_with_the_value_is_told() -> None:
    table = Table.of(told_apart(10))
    found = length_correlation(table, table.words / 100)
    assert found.value == 1.0
    assert length_correlation(table, np.full(len(table.words), 0.5)).value is None
