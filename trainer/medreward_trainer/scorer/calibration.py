"""Logit -> [0, 1]: Platt's scaling, fitted on questions that training has not seen (Platt 1999)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from medreward.scorer.checkpoint import Calibration
from medreward_trainer.scorer.config import TrainingError


def calibrate(logits: Sequence[float], sound: Sequence[bool]) -> Calibration:
    """The slope and intercept that make ``sigmoid(slope * logit + intercept)`` the probability of being sound.

    Both labels weigh the same, so that 0.5 is where they are equally likely, however many of each were made.

    Raises:
        TrainingError: a label is missing, or sound ones do not have the higher logits.
    """
    labels = np.asarray(sound)
    if labels.all() or not labels.any():
        raise TrainingError("calibration needs sound and unsound held-out trajectories")
    fitted = LogisticRegression(C=1e6, class_weight="balanced").fit(np.asarray(logits)[:, None], labels)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise TrainingError("calibration: held-out sound trajectories do not score above unsound ones; train more")
    return Calibration(round(slope, 6), round(intercept, 6))
