"""Agreement with labels: known tables, and what is not defined."""

from __future__ import annotations

import random

import pytest

from medreward.judge.calibration import Confusion, Pair, agreement, kappa, kappa_interval


def pairs(right_right: int, right_wrong: int, wrong_right: int, wrong_wrong: int) -> list[Pair]:
    """Of a table, each in a group of its own."""
    cells = [(True, True)] * right_right + [(True, False)] * right_wrong
    cells += [(False, True)] * wrong_right + [(False, False)] * wrong_wrong
    return [Pair(label, verdict, number) for number, (label, verdict) in enumerate(cells)]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # o = 0.7, e = 0.5 * 0.6 + 0.5 * 0.4 = 0.5
        ((20, 5, 10, 15), 0.4),
        ((7, 0, 0, 3), 1.0),
        ((0, 5, 5, 0), -1.0),
        ((25, 25, 25, 25), 0.0),
        # o = 0.9, e = 0.82: much agreement, little beyond chance
        ((90, 5, 5, 0), (0.9 - 0.905) / (1 - 0.905)),
    ],
)
def test_kappa_is_cohens(table: tuple[int, int, int, int], expected: float) -> None:
    assert kappa(Confusion(*table)) == pytest.approx(expected)


@pytest.mark.parametrize("table", [(0, 0, 0, 0), (9, 0, 0, 0), (0, 0, 0, 9)])
def test_kappa_of_one_and_the_same_is_not_defined(table: tuple[int, int, int, int]) -> None:
    assert kappa(Confusion(*table)) is None


def test_a_judge_that_always_says_right_agrees_by_chance_only() -> None:
    found = agreement(pairs(80, 0, 20, 0))
    assert found.agreement == 0.8
    assert found.kappa == 0.0
    assert (found.precision, found.recall) == (0.8, 1.0)


def test_counts_precision_and_recall() -> None:
    found = agreement(pairs(20, 5, 10, 15))
    assert found.n == 50
    assert found.confusion == (20, 5, 10, 15)
    assert found.agreement == pytest.approx(0.7)
    assert found.precision == pytest.approx(20 / 30)
    assert found.recall == pytest.approx(20 / 25)


def test_of_nothing_nothing_is_defined() -> None:
    found = agreement([])
    assert (found.n, found.agreement, found.kappa, found.kappa_95, found.precision, found.recall) == (0, *[None] * 5)


def test_precision_of_a_judge_that_never_says_right_is_not_defined() -> None:
    found = agreement(pairs(0, 5, 0, 5))
    assert found.precision is None
    assert found.recall == 0.0


def test_interval_is_that_of_scipys_bootstrap() -> None:
    import numpy as np
    from scipy.stats import bootstrap

    rows = pairs(40, 10, 20, 30)
    cells = np.array([2 * (not pair.label) + (not pair.verdict) for pair in rows])

    def statistic(drawn: np.ndarray) -> float:
        found = kappa(Confusion(*(int((drawn == cell).sum()) for cell in range(4))))
        assert found is not None
        return found

    theirs = bootstrap((cells,), statistic, vectorized=False, n_resamples=4000, method="percentile", rng=1)
    ours = kappa_interval(rows, resamples=4000)
    assert ours is not None
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.02)
    assert ours.low < 0.4 < ours.high


def test_interval_is_the_same_each_time() -> None:
    rows = pairs(40, 10, 20, 30)
    assert kappa_interval(rows) == kappa_interval(rows)


def test_answers_to_one_question_are_resampled_together() -> None:
    rows = pairs(40, 10, 20, 30)
    random.Random(0).shuffle(rows)
    # each answer five times over: no more is known than of one
    fivefold = [pair for pair in rows for _ in range(5)]
    alone, together = kappa_interval(rows), kappa_interval(fivefold)
    apart = kappa_interval([pair._replace(group=number) for number, pair in enumerate(fivefold)])
    assert alone is not None
    assert together is not None
    assert apart is not None
    assert together.high - together.low == pytest.approx(alone.high - alone.low)
    assert apart.high - apart.low < 0.6 * (together.high - together.low)


def test_one_group_has_no_interval() -> None:
    assert kappa_interval([pair._replace(group="a") for pair in pairs(4, 1, 1, 4)]) is None


def test_an_interval_is_not_made_of_resamples_without_a_kappa() -> None:
    assert kappa_interval(pairs(5, 0, 0, 0)) is None
    found = kappa_interval(pairs(3, 0, 0, 1))
    assert found is not None
    assert found.low == found.high == 1.0
