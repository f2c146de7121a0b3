"""Brier score and calibration error."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from medreward_trainer.scorer.evaluation.intervals import Bootstrap
from medreward_trainer.scorer.evaluation.reliability import reliability
from medreward_trainer.scorer.evaluation.table import Table

from .made import contrast, example, told_apart


def test_the_brier_score_is_that_of_sklearn() -> None:
    table = Table.of(told_apart(30))
    values = np.random.default_rng(0).random(len(table.examples))
    found = reliability(table, values, Bootstrap(200))
    assert found.brier.value == pytest.approx(brier_score_loss(table.sound, values), abs=1e-6)
    assert found.brier.low is not None
    assert found.brier.high is not None
    assert found.brier.low < found.brier.value < found.brier.high
    assert sum(one.count for one in found.bins) == len(values)


def test_honest_values_have_less_error_than_bold_ones() -> None:
    table = Table.of(told_apart(200))
    honest = np.full(len(table.examples), 0.5)
    found = reliability(table, honest, Bootstrap(100)).expected_calibration_error
    assert found.value == 0
    bold = reliability(table, np.full(len(honest), 0.9), Bootstrap(100)).expected_calibration_error
    assert bold.value == pytest.approx(0.4)


def test_both_labels_weigh_the_same_however_many_there_are() -> None:
    rare = contrast("a", [example("plain")], [example("side_flip")] * 9)
    table = Table.of([rare, msgspec.structs.replace(rare, group="b")])
    values = np.where(table.sound, 0.7, 0.2)
    found = reliability(table, values, Bootstrap(50))
    weights = np.where(table.sound, 9.0, 1.0)
    assert found.share_sound == 0.1
    assert found.brier.value == pytest.approx(brier_score_loss(table.sound, values, sample_weight=weights), abs=1e-6)
    assert found.brier.value == pytest.approx((0.09 + 0.04) / 2)
    assert reliability(table, np.full(len(values), 0.5), Bootstrap(50)).expected_calibration_error.value == 0


def test_values_of_zero_and_one_have_a_bin() -> None:
    table = Table.of(told_apart(3))
    found = reliability(table, table.sound.astype(float), Bootstrap(50))
    assert [(one.value, one.sound, one.count) for one in found.bins] == [(0.0, 0.0, 6), (1.0, 1.0, 6)]


def test_one_class_alone_is_no_calibration() -> None:
    table = Table.of([contrast("a", [example("plain")], [])])
    found = reliability(table, np.array([0.9]), Bootstrap(50))
    assert (found.brier.value, found.bins) == (None, [])
    assert found.brier.absent
