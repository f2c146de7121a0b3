"""Any text, and any body, is taken without a defect. Derandomized: the same examples every time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.bodies import bodies
from tests.fuzz.grammar import PIECES, spelled, texts
from tests.fuzz.properties import check_body, check_cleaning, check_encoding, check_parsing, check_reply, check_scoring
from tests.fuzz.scoring import Bench

short = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@short
@given(texts())
def test_a_text_is_parsed_alike_whatever_stands_in_it(text: str) -> None:
    check_parsing(text)


@short
@given(texts(), st.integers(0, 11))
def test_a_text_is_scored_or_its_reward_is_absent(bench: Bench, text: str, turn: int) -> None:
    check_scoring(bench, text, turn)


@short
@given(texts())
def test_what_an_engine_wrote_is_a_verdict_or_none(text: str) -> None:
    check_reply(text)


@short
@given(texts())
def test_a_text_is_cleaned_and_encoded_within_its_bounds(text: str) -> None:
    check_cleaning(text)
    check_encoding(text)


@short
@given(bodies())
def test_a_body_is_decoded_or_refused_in_few_words(body: bytes) -> None:
    check_body(body)


def test_every_byte_spells_a_piece() -> None:
    assert spelled(bytes([0, len(PIECES) - 1])) == PIECES[0] + PIECES[-1]
    assert spelled(b"") == ""
