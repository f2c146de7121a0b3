"""Texts and bodies of the grammars against everything that reads them, in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.bodies import bodies
from tests.fuzz.grammar import texts
from tests.fuzz.properties import check_body, check_text
from tests.fuzz.rounds import in_round
from tests.fuzz.scoring import Bench
from tests.fuzz.tally import Tally

_ROUND = 200
"""examples of one seed"""


def fuzz_texts(tally: Tally) -> None:
    """Every check of a text."""
    bench = Bench()
    try:

        def check(drawn: tuple[str, int]) -> str:
            check_text(bench, *drawn)
            return "scored"

        _rounds(tally, st.tuples(texts(), st.integers(0, 11)), check, lambda drawn: _raw(drawn[0]))
    finally:
        bench.close()


def fuzz_bodies(tally: Tally) -> None:
    """Bodies of requests against the codec."""
    _rounds(tally, bodies(), check_body, bytes)


def _rounds(
    tally: Tally, strategy: st.SearchStrategy[Any], check: Callable[[Any], str], raw: Callable[[Any], bytes]
) -> None:
    number = 0
    while tally.left_s:
        _round(tally, strategy, check, raw, number)
        number += 1


def _round(
    tally: Tally,
    strategy: st.SearchStrategy[Any],
    check: Callable[[Any], str],
    raw: Callable[[Any], bytes],
    number: int,
) -> None:
    last: list[Any] = []

    @in_round(number, _ROUND)
    @given(strategy)
    def one(drawn: Any) -> None:
        last[:] = [drawn]
        if tally.left_s:
            tally.count(check(drawn))

    try:
        one()
    except Exception as error:  # noqa: BLE001 (whatever it was is the finding)
        tally.find(f"{type(error).__name__}: {error}", raw(last[0]) if last else b"")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
