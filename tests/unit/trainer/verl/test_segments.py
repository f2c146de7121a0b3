from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward_trainer.verl.segments import CHECK, FIRST, SECOND, Segments, check_limit


def test_only_what_the_policy_wrote_is_trained() -> None:
    segments = Segments()
    segments.say(FIRST, [5, 6], [-0.5, -0.25])
    segments.put([9])
    segments.say(CHECK, [7], [-1.0])
    assert segments.ids == [5, 6, 9, 7]
    assert segments.mask == [1, 1, 0, 1]
    assert segments.tags == [1, 1, 0, 2]
    assert segments.logprobs == [-0.5, -0.25, 0.0, -1.0]


def test_without_log_probabilities_there_are_none() -> None:
    segments = Segments()
    segments.say(FIRST, [5], None)
    segments.put([9])
    segments.say(SECOND, [6], None)
    assert segments.logprobs is None


def test_log_probabilities_belong_to_every_turn_or_none() -> None:
    segments = Segments()
    segments.say(FIRST, [5], [-1.0])
    with pytest.raises(ValueError, match="some turns have log-probabilities"):
        segments.say(SECOND, [6], None)
    with pytest.raises(ValueError, match="2 log-probabilities for 1 tokens"):
        segments.say(SECOND, [6], [-1.0, -2.0])


def test_a_template_may_take_tokens_back() -> None:
    segments = Segments()
    segments.say(FIRST, [5, 6], [-1.0, -2.0])
    segments.drop(0)
    assert len(segments) == 2
    segments.drop(1)
    assert (segments.ids, segments.mask, segments.tags, segments.logprobs) == ([5], [1], [1], [-1.0])


@given(st.integers(-5, 4000), st.integers(1, 2000), st.integers(1, 1000))
def test_a_retry_fits_into_what_is_left(left: int, attempt: int, check: int) -> None:
    limit = check_limit(left, attempt, check)
    assert (limit == 0) == (left < 2)
    assert limit <= check
    if limit:
        assert left - limit >= 1  # the second attempt has a token
    if left >= attempt + check:
        assert limit == check
