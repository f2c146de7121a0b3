"""Intervals are about groups, and claim no certainty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from medreward_trainer.scorer.evaluation.intervals import Amount, Bootstrap, absent, ratio


def width(top: np.ndarray, groups: np.ndarray) -> float:
    found = ratio(top, np.ones(len(top)), groups, Bootstrap(2000, 1), Amount())
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def test_copies_within_a_group_make_nothing_more_certain() -> None:
    single = (np.arange(50) % 2).astype(float)
    once = width(single, np.arange(50))
    copied = width(np.repeat(single, 20), np.repeat(np.arange(50), 20))
    as_rows = width(np.repeat(single, 20), np.arange(1000))
    assert copied == pytest.approx(once)
    assert as_rows < once / 3


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for trial in range(200):
        chance = rng.beta(7, 3, 60)  # each group is better or worse, around 0.7
        top = rng.binomial(5, chance).astype(float)
        found = ratio(top, np.full(60, 5.0), np.arange(60), Bootstrap(400, trial), Amount())
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.7 <= found.high
    assert 176 <= held <= 199  # 95 % of 200, give or take


def test_what_never_failed_is_not_certain() -> None:
    found = ratio(np.ones(20), np.ones(20), np.repeat(np.arange(10), 2), Bootstrap(), Amount())
    assert (found.value, found.interval, found.high) == (1.0, "exact", 1.0)
    assert found.low == pytest.approx(binomtest(10, 10).proportion_ci(0.95, "exact").low, abs=1e-6)


def test_one_group_says_nothing_about_others() -> None:
    found = ratio(np.array([1.0, 0.0]), np.ones(2), np.array([4, 4]), Bootstrap(), Amount())
    assert (found.value, found.low, found.interval) == (0.5, None, "none")


def test_the_same_seed_gives_the_same_interval() -> None:
    top = np.random.default_rng(0).random(30)
    made = [ratio(top, np.ones(30), np.arange(30), Bootstrap(100, seed), Amount()) for seed in (5, 5, 6)]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_absent_says_why() -> None:
    assert absent("no data", Amount(sound=3)).absent == "no data"
