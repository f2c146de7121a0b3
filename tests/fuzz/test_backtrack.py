"""No text makes scoring take more than its length's share: four times the text costs about four times as much."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.backtrack import LIMIT, MEGABYTE, Case, bound_ms, cost_ms, loop_ms, some
from tests.fuzz.families import FAMILIES
from tests.fuzz.scoring import Bench

SIZES = ((2_000, 8_000), (LIMIT // 4, LIMIT))
"""within what the rules read of an answer, and up to the limit of a text"""
GROWTH = 8.0
"""linear work grows by 4, quadratic by 16"""
FLOOR_MS = 12.0
"""below which nothing is told of growth; what is quadratic takes seconds at the limit"""
TRIES = 4
DEAREST = (
    Case("letters headed", "medsage", "multi_choice", "as the answer"),
    Case("half tokens", "medsage", "single_choice", "as the answer"),
    Case("angles", "medsage", "closed_ended", "in thought"),
    Case("tags, deleted", "medsage", "open_ended", "in a transcript"),
    Case("angles spaced", "medsage", "closed_ended", "as the answer"),
    Case("LaTeX fractions", "medsage", "open_ended", "as the answer"),
    Case("tags, spaced", "medsage", "single_choice", "as the answer"),
    Case("angles and letters", "medsage", "multi_choice", "in a transcript"),
    Case("tags, half", "medsage", "open_ended", "in thought"),
    Case("long s and dotted I", "medsage", "open_ended", "as the answer"),
)
"""what ``backtrack`` names first"""
SLACK = 1.5
"""times the bound of ``backtrack``: the dearest are near it, and what hangs on its last tenth hangs on luck"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cost_of_a_text_grows_with_its_length_alone(bench: Bench, family: str) -> None:
    # each family where an answer stands, and where it is its turn
    cases = list(some(family))
    for case in (cases[1], cases[2 + list(FAMILIES).index(family) % 4]):
        for small, large in SIZES:
            for _ in range(TRIES):
                # CPU time, so that other processes count little; a collision with them is gone in the next try
                much = cost_ms(bench, case, large, 1)
                if much <= FLOOR_MS or much <= GROWTH * cost_ms(bench, case, small, 2):
                    break
            else:
                pytest.fail(f"{case} takes {much:.0f} ms at {large} characters, over {GROWTH:g} times that of {small}")


@pytest.mark.parametrize("case", DEAREST, ids=lambda case: case.family)
def test_a_megabyte_of_the_dearest_costs_no_more_than_it_is_said_to(bench: Bench, case: Case) -> None:
    for _ in range(TRIES):
        # where the machine is slow, the loop is
        bound = SLACK * bound_ms(loop_ms())
        cost = cost_ms(bench, case, MEGABYTE, 5)
        if cost <= bound:
            return
    pytest.fail(f"{case} takes {cost:.0f} ms, over {bound:.0f} ms")
