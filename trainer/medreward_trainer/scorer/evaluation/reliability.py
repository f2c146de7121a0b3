"""How far a calibrated value is the probability that a trajectory is sound.

The calibration lets both labels weigh the same, however many of each were made; so does this. Values of 0.5 have a
Brier score of 0.25.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from medreward_trainer.scorer.evaluation.intervals import Amount, Bootstrap, absent, estimate, ratio
from medreward_trainer.scorer.evaluation.table import Floats, Ints, Table
from medreward_trainer.scorer.evaluation.types import Bin, Estimate, Reliability

BINS: Final = 10
"""of equal width"""


def reliability(table: Table, values: Floats, bootstrap: Bootstrap) -> Reliability:
    """Brier score and expected calibration error (Naeini et al. 2015) with their intervals, and the bins.

    Args:
        table: ``n`` trajectories.
        values: shape ``(n,)``, in [0, 1].
        bootstrap: how intervals are made.
    """
    sound = table.sound
    amount = Amount(int(sound.sum()), int((~sound).sum()))
    if not amount.sound or not amount.unsound:
        none = absent("sound and unsound trajectories are needed", amount)
        share = 1.0 if amount.sound else 0.0
        return Reliability(share_sound=share, brier=none, expected_calibration_error=none, bins=[])
    weights = np.where(sound, 0.5 / amount.sound, 0.5 / amount.unsound)
    at = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    return Reliability(
        share_sound=round(float(sound.mean()), 6),
        brier=ratio(weights * (values - sound) ** 2, weights, table.group, bootstrap, amount),
        expected_calibration_error=_error(table, values, weights, at, bootstrap, amount),
        bins=[
            Bin(
                value=round(float(np.average(values[of], weights=weights[of])), 6),
                sound=round(float(np.average(sound[of], weights=weights[of])), 6),
                count=int(of.sum()),
            )
            for of in (at == one for one in range(BINS))
            if of.any()
        ],
    )


def _error(table: Table, values: Floats, weights: Floats, at: Ints, bootstrap: Bootstrap, amount: Amount) -> Estimate:
    found, group = np.unique(table.group, return_inverse=True)
    # of each group and bin, how far its values are above its labels: what a resample adds up
    excess = np.bincount(group * BINS + at, weights * (values - table.sound), len(found) * BINS)
    excess = excess.reshape(len(found), BINS)
    mass = np.bincount(group, weights, len(found))
    draws = bootstrap.draws(len(found))
    drawn = np.abs(draws @ excess).sum(axis=1) / (draws @ mass)
    value = float(np.abs(excess.sum(axis=0)).sum() / mass.sum())
    return estimate(value, drawn, len(found), len(found), amount)
