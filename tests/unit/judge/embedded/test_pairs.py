"""Every pair of the tables is judged as a careful reader would."""

from __future__ import annotations

import pytest

from medreward.judge.embedded.semantics import judge
from tests.unit.judge.embedded.pairs import Pair, pairs

KNOWN_LIMITS = {
    ("diverticulitis", "diverticulitus"): "a misspelt meaningful suffix is taken for another suffix",
    ("Metastatic lung cancer", "Lung cancer"): "one missing word of three is let pass",
    ("enlarged spleen", "hepatosplenomegaly"): "one finding more is let pass",
    ("pleural effusion", "There is no evidence against pleural effusion"): "a denial of a denial over several words",
    ("pneumonia", "It is definitely not possible that this isn't pneumonia"): "a denial of a denial over two clauses",
}


def _cases() -> list[object]:
    cases = []
    for pair in pairs():
        limit = KNOWN_LIMITS.get((pair.reference, pair.candidate))
        marks = [pytest.mark.xfail(reason=limit, strict=True)] if limit else []
        cases.append(pytest.param(pair, id=f"{pair.kind}: {pair.reference[:40]} | {pair.candidate[:60]}", marks=marks))
    return cases


@pytest.mark.parametrize("pair", _cases())
def test_pair_is_judged_as_a_careful_reader_would(pair: Pair) -> None:
    found = judge(pair.question, pair.reference, pair.candidate)
    assert found.right is pair.right, f"{found.candidate}: {found.reason}"


def test_every_kind_has_a_table() -> None:
    kinds = {pair.kind for pair in pairs()}
    assert kinds >= {"synonyms", "polarity", "side", "numbers", "hedging", "opposites", "content", "tricks"}
    assert len(pairs()) > 600
