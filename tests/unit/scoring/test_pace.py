from __future__ import annotations

import pytest

from medreward.scoring.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_was_never_seen_takes_no_time() -> None:
    assert Pace().seconds() == 0.0


def test_the_average_follows_what_is_seen() -> None:
    pace = Pace(Clock())
    for _ in range(100):
        pace.took(2.0)
    assert pace.seconds() == pytest.approx(2.0)
    for _ in range(100):
        pace.took(0.1)
    assert pace.seconds() == pytest.approx(0.1, rel=0.01)


def test_pieces_that_are_done_together_share_their_time() -> None:
    pace = Pace(Clock())
    pace.took(2.0, 100)
    assert pace.seconds() == pytest.approx(0.02)


def test_without_news_it_fades_so_that_no_estimate_is_stuck() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.took(1.0)
    clock.now += 4.9
    assert pace.seconds() == 1.0
    clock.now += 5.1
    assert pace.seconds() == pytest.approx(0.5)
    clock.now += 600
    assert pace.seconds() == 0.0


def test_pieces_that_take_long_are_not_forgotten_between_two_of_them() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.took(40.0)
    clock.now += 79.0
    assert pace.seconds() == 40.0


def test_one_that_was_given_up_tells_only_that_it_would_have_taken_longer() -> None:
    pace = Pace(Clock())
    pace.took(1.0)
    pace.took_more(0.5)
    assert pace.seconds() == 1.0
    pace.took_more(11.0)
    assert pace.seconds() == pytest.approx(2.0)


def test_nothing_done_says_nothing() -> None:
    pace = Pace(Clock())
    pace.took(5.0, 0)
    assert pace.seconds() == 0.0
