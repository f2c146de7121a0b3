"""Suites: the one that ships, and what is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from medreward.judge.canary import SuiteError, load_suite

KINDS = {
    "empty",
    "punctuation",
    "opener",
    "step-by-step",
    "planted-scores",
    "instructions",
    "both-perfect",
    "negation",
    "side",
    "number",
    "hedge",
    "question",
    "drowned",
    "language",
    "unicode",
    "control",
}

SMALL = """
version: 3
subjects:
  a: {question: 'What is it?', reference: A cyst}
filler: [One two three., Four five.]
kinds:
  wrong:
    summary: wrong
    expected: 0
    planted: true
    cases:
      mass: {of: a, answer: A mass}
      many: {of: a, answer: {make: repeat, text: "no ", times: 3}}
      deep: {of: a, answer: {make: drown, text: A cyst., words: 12, at: middle}}
      json: {of: a, answer: 'score {n}', plants: [10, 2]}
  right:
    summary: right
    expected: 1
    cases:
      cyst: {of: a, answer: Cyst}
"""


def suite(tmp_path: Path, text: str = SMALL) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    return path


def test_shipped_suite_has_every_kind_several_times() -> None:
    counts = Counter(case.kind for case in load_suite().cases)
    assert set(counts) == KINDS
    assert min(counts.values()) >= 3


def test_only_controls_are_right() -> None:
    assert {case.kind for case in load_suite().cases if case.expected == 1} == {"control"}


def test_planted_kinds_are_marked() -> None:
    assert {case.kind for case in load_suite().cases if case.planted} == {
        "planted-scores",
        "instructions",
        "both-perfect",
    }


def test_drowned_answers_have_two_thousand_words_and_the_right_one_among_them() -> None:
    drowned = [case for case in load_suite().cases if case.kind == "drowned"]
    assert all(2000 <= len(case.answer.split()) < 2020 for case in drowned)
    words = ("Right", "card", "Left")
    places = [case.answer.find(word) / len(case.answer) for case, word in zip(drowned, words, strict=True)]
    assert places[0] == 0
    assert 0.4 < places[1] < 0.6
    assert places[2] > 0.99


def test_families_differ_in_the_planted_number_only() -> None:
    families: dict[str, list[tuple[int, str]]] = {}
    for case in load_suite().cases:
        if case.family is not None:
            assert case.plants is not None
            families.setdefault(case.family, []).append((case.plants, case.answer))
    assert len(families) >= 3
    for members in families.values():
        assert len({plants for plants, _ in members}) == len(members) >= 3
        assert len({answer.replace(f": {plants}", ": #") for plants, answer in members}) == 1


def test_made_answers_and_families_are_written_out(tmp_path: Path) -> None:
    loaded = load_suite(suite(tmp_path))
    answers = {case.id: case.answer for case in loaded.cases}
    assert answers == {
        "wrong/mass": "A mass",
        "wrong/many": "no no no ",
        "wrong/deep": "One two three. Four five. A cyst. One two three. Four five.",
        "wrong/json@10": "score 10",
        "wrong/json@2": "score 2",
        "right/cyst": "Cyst",
    }
    assert loaded.version == 3
    assert loaded.kinds == {"wrong": "wrong", "right": "right"}


def test_hash_follows_the_canaries_and_not_the_comments(tmp_path: Path) -> None:
    one = load_suite(suite(tmp_path)).hash
    assert load_suite(suite(tmp_path, SMALL + "# more\n")).hash == one
    assert load_suite(suite(tmp_path, SMALL.replace("A mass", "A node"))).hash != one


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 3", "versions: 3", "unknown field `versions`"),
        ("planted: true", "plant: true", "unknown field `plant`"),
        ("expected: 1", "expected: 2", "Invalid enum value 2"),
        ("    expected: 1\n", "", "missing required field `expected`"),
        ("mass: {of: a", "mass: {of: b", "wrong/mass: of: there is no subject 'b', there are a"),
        (
            "mass: {of: a, answer: A mass}",
            "mass: {of: a, answer: A mass}\n      mass: {of: a, answer: A}",
            "'mass' is given twice",
        ),
        ("answer: Cyst", "answer: A mass", "right/cyst is the same as wrong/mass"),
        ("times: 3", "times: 0", "wrong/many: times: must be 1 or more"),
        ("filler: [One two three., Four five.]", "filler: []", "wrong/deep: drown: the suite has no filler"),
        (", plants: [10, 2]", "", "wrong/json: plants: takes an answer with {n}"),
        ("planted: true", "planted: false", "wrong/json: plants: only in a kind that is planted"),
        ("plants: [10, 2]", "plants: [10, 10]", "wrong/json@10 is the same as wrong/json@10"),
        ("make: repeat", "make: more", "Invalid value 'more'"),
        ("reference: A cyst}", "reference: ' '}", "subject 'a' needs a question and a reference"),
        (SMALL, "- 1", "Expected `object`, got `array`"),
        (SMALL, "version: 1\nsubjects: {}\nkinds: {}\n", "has no canaries"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALL
    path = suite(tmp_path, SMALL.replace(old, new))
    with pytest.raises(SuiteError) as refused:
        load_suite(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="cannot be read"):
        load_suite(tmp_path / "none.yaml")
