"""Confidence intervals by resampling groups.

Trajectories of one image, report or case are alike, so they are drawn together: an interval over rows would be too
narrow. scipy.stats.bootstrap draws rows and calls the statistic on each draw; here a draw is how often each group
was taken, so that statistics which are sums over groups, or over scores sorted once, are one product of matrices.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from medreward_trainer.scorer.evaluation.table import Floats, Ints
from medreward_trainer.scorer.evaluation.types import CONFIDENCE, Estimate


class Bootstrap(NamedTuple):
    """How intervals are made."""

    resamples: int = 1000
    seed: int = 0

    def draws(self, groups: int) -> Floats:
        """How often each of so many groups was taken, by resample; shape ``(resamples, groups)``.

        The same for every statistic over as many groups, so two methods on the same data meet the same draws.
        """
        return _draws(self.resamples, self.seed, groups)


class Amount(NamedTuple):
    """What an estimate rests on."""

    sound: int = 0
    unsound: int = 0
    pairs: int = 0


@lru_cache(maxsize=64)
def _draws(resamples: int, seed: int, groups: int) -> Floats:
    drawn = np.random.default_rng([seed, groups]).multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    draws: Floats = drawn.astype(np.float64)
    draws.setflags(write=False)
    return draws


def ratio(top: Floats, bottom: Floats, groups: Ints, bootstrap: Bootstrap, amount: Amount) -> Estimate:
    """``sum(top) / sum(bottom)`` with its interval.

    Args:
        top: shape ``(n,)``.
        bottom: shape ``(n,)``, its sum above 0.
        groups: which group each belongs to.
        bootstrap: how to resample.
        amount: what to say that it rests on.
    """
    found, at = np.unique(groups, return_inverse=True)
    tops = np.bincount(at, top, len(found))
    bottoms = np.bincount(at, bottom, len(found))
    draws = bootstrap.draws(len(found))
    below = draws @ bottoms
    drawn = (draws @ tops)[below > 0] / below[below > 0]
    return estimate(float(tops.sum() / bottoms.sum()), drawn, len(found), len(found), amount)


def estimate(value: float, drawn: Floats, groups: int, independent: int, amount: Amount) -> Estimate:
    """A value with the percentile interval of its resamples.

    Args:
        value: in [0, 1].
        drawn: the value in each resample that had one.
        groups: how many were resampled.
        independent: how many of them can each speak for themselves, where the value is 0 or 1.
        amount: what to say that it rests on.
    """
    tail = (1 - CONFIDENCE) / 2
    if value in (0.0, 1.0):
        exact = binomtest(round(value) * independent, independent).proportion_ci(CONFIDENCE, "exact")
        low, high, interval = float(exact.low), float(exact.high), "exact"
    elif groups > 1 and len(drawn):
        low, high = (float(end) for end in np.quantile(drawn, (tail, 1 - tail)))
        interval = "bootstrap"
    else:
        return Estimate(value=_short(value), groups=groups, **amount._asdict())
    return Estimate(
        value=_short(value),
        low=_short(low),
        high=_short(high),
        interval="exact" if interval == "exact" else "bootstrap",
        groups=groups,
        **amount._asdict(),
    )


def absent(why: str, amount: Amount | None = None) -> Estimate:
    """No value, and the reason."""
    return Estimate(value=None, absent=why, **(amount or Amount())._asdict())


def _short(number: float) -> float:
    # beyond six places the order of a sum decides
    return round(min(1.0, max(0.0, number)), 6)
