"""Platt's scaling of held-out logits."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs medreward[scorer-train]")

from medreward_trainer.scorer.calibration import calibrate
from medreward_trainer.scorer.config import TrainingError


def test_the_slope_and_intercept_that_made_the_labels_are_found() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, 20_000)
    sound = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * logits)))
    found = calibrate(logits.tolist(), sound.tolist())
    assert found.slope == pytest.approx(1.5, rel=0.05)
    assert found.intercept == pytest.approx(0.0, abs=0.05)


def test_one_half_is_where_both_labels_are_equally_likely_however_many_there_are() -> None:
    logits = [1.0, 1.5, 0.2, *[-1.0, -0.5, 0.4] * 10]
    sound = [True] * 3 + [False] * 30
    balanced = calibrate([*logits[:3] * 10, *logits[3:]], [True] * 30 + [False] * 30)
    found = calibrate(logits, sound)
    assert found.slope == pytest.approx(balanced.slope, rel=1e-2)
    assert found.intercept == pytest.approx(balanced.intercept, abs=1e-2)


def test_a_model_that_has_it_backwards_is_refused() -> None:
    with pytest.raises(TrainingError, match="do not score above"):
        calibrate([-2.0, -1.0, 1.0, 2.0], [True, True, False, False])


@pytest.mark.parametrize("label", [True, False])
def test_one_label_alone_is_refused(label: bool) -> None:
    with pytest.raises(TrainingError, match="sound and unsound"):
        calibrate([0.1, 0.2], [label, label])
