"""What could not be done before its deadline is refused, and nothing else is."""

from __future__ import annotations

import pytest

from medreward.contract.errors import ErrorCode, Overbooked, RequestError
from medreward.scoring.admission import InPlaceQueue, admit, refusal
from medreward.scoring.deadline import Deadline
from medreward.scoring.settings import Admission


def in_an_hour() -> Deadline:
    return Deadline.after_ms(3_600_000)


def test_what_fits_is_let_in() -> None:
    admit(Admission(), "judge", 1000.0, 1000.0, in_an_hour())


def test_what_does_not_fit_is_told_when_it_would() -> None:
    with pytest.raises(Overbooked) as caught:
        admit(Admission(), "judge", 3000.0, 1000.0, in_an_hour())
    assert caught.value.retry_after_s == pytest.approx(400, abs=60)
    told = refusal(caught.value)
    assert (told.code, told.busy, told.retry_after_s) == (ErrorCode.OVERLOADED, "judge", caught.value.retry_after_s)


def test_with_nothing_ahead_even_what_is_too_much_is_begun() -> None:
    admit(Admission(), "judge", 0.0, 1e6, in_an_hour())


def test_what_never_fits_is_told_to_come_when_nothing_is_ahead() -> None:
    with pytest.raises(Overbooked) as caught:
        admit(Admission(), "judge", 7.0, 1e6, in_an_hour())
    assert caught.value.retry_after_s == 7.0


def test_the_margin_makes_it_stricter_and_off_is_off() -> None:
    admit(Admission(), "judge", 1000.0, 1000.0, in_an_hour())
    with pytest.raises(Overbooked):
        admit(Admission(margin=2.0), "judge", 1000.0, 1000.0, in_an_hour())
    admit(Admission(enabled=False), "judge", 1e9, 1e9, in_an_hour())


def test_rollouts_in_place_wait_for_those_before_them() -> None:
    queue = InPlaceQueue(Admission())
    queue._pace.took(100.0, 1)
    with queue.entered(100, in_an_hour(), counted=True):
        assert queue.wait_s() == 10_000.0
        with pytest.raises(RequestError) as caught, queue.entered(1, in_an_hour(), counted=True):
            pass
        assert caught.value.code is ErrorCode.OVERLOADED
        assert caught.value.busy == "ingress"
    assert queue.wait_s() == 0.0
    with queue.entered(1, in_an_hour(), counted=True):
        pass


def test_a_stream_that_is_taken_slowly_says_nothing_of_the_pace_and_keeps_nobody_out() -> None:
    queue = InPlaceQueue(Admission())
    queue._pace.took(100.0, 1)
    with queue.entered(100, in_an_hour(), counted=False) as stay:
        stay.scored = 100
        assert queue.wait_s() == 0.0
    assert queue._pace.seconds() == 100.0
