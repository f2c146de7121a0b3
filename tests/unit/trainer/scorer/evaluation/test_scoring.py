"""A checkpoint's scores, whatever the batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medreward.scorer.checkpoint import Checkpoint
from medreward.scorer.model import Model
from medreward_trainer.scorer.evaluation.scoring import NotFiniteError, score

from . import made

TEXTS = ["sound", "flawed mass", "left lung clear " * 3, "heart large", "no effusion " * 60]


def test_scores_are_in_order_whatever_the_batch(tiny: Checkpoint) -> None:
    model = Model.load(tiny)
    examples = [made.example("plain", text) for text in TEXTS]
    alone = [score(model, tiny.card.calibration, [one]).logits[0] for one in examples]
    for tokens in (16, 64, 2048):
        found = score(model, tiny.card.calibration, examples, tokens)
        assert found.logits == pytest.approx(alone, abs=1e-5)
    assert len({round(logit, 6) for logit in alone}) == len(alone)


def test_values_are_calibrated_and_a_cut_is_told(tiny: Checkpoint) -> None:
    found = score(Model.load(tiny), tiny.card.calibration, [made.example("plain", text) for text in TEXTS])
    assert found.values == pytest.approx(1 / (1 + np.exp(-(2.0 * found.logits + 0.5))))
    assert found.cut.tolist() == [False, False, False, False, True]


def test_weights_that_give_no_number_are_an_error(tmp_path: Path) -> None:
    broken = made.checkpoint(tmp_path, nan=True)
    with pytest.raises(NotFiniteError, match="1 of 1 logits"):
        score(Model.load(broken), broken.card.calibration, [made.example("plain")])
