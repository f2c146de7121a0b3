from __future__ import annotations

import email.utils
import time

import pytest

from medreward.judge.engines.failures import retry_after, short


@pytest.mark.parametrize(("value", "seconds"), [("0", 0.0), ("3", 3.0), (" 2.5 ", 2.5), ("120", 120.0)])
def test_retry_after_may_be_seconds(value: str, seconds: float) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_may_be_a_date() -> None:
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    seconds = retry_after({"retry-after": later})
    assert seconds is not None
    assert 0 < seconds <= 60


def test_a_date_that_is_past_means_now() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0


@pytest.mark.parametrize("value", ["", "soon", "-5", "nan", "inf", "1.2.3", "٣"])
def test_what_says_no_time_is_none(value: str) -> None:
    assert retry_after({"retry-after": value}) is None
    assert retry_after({}) is None


def test_a_message_becomes_one_short_line_without_the_secret() -> None:
    message = short("first\n  second " + "x" * 1000 + " sk-1", "sk-1")
    assert message.startswith("first second xxx")
    assert len(message) < 400
    assert "sk-1" not in short("key sk-1 sk-1!", "sk-1")


def test_a_secret_at_the_edge_of_what_is_shown_is_cut_out_whole() -> None:
    assert "sk-" not in short("x" * 297 + "sk-123456", "sk-123456")
