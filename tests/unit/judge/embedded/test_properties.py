"""What must hold for every text, not only for those of the tables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward.judge.embedded.reading import read
from medreward.judge.embedded.review import review
from medreward.judge.embedded.semantics import judge
from medreward.judge.embedded.stages import stages
from medreward.judge.embedded.trust import trust

SIDES = ("left", "right")
PLACES = ("lung", "kidney", "frontal lobe", "upper lobe", "femur", "breast", "hilum", "hip")
FINDINGS = (
    "pleural effusion",
    "pneumothorax",
    "fracture",
    "consolidation",
    "mass",
    "cyst",
    "abscess",
    "hemorrhage",
    "opacity",
    "calcification",
    "edema",
    "infarct",
)
NEGATIONS = (
    "no {}",
    "not {}",
    "there is no {}",
    "without {}",
    "{} is absent",
    "{} is not seen",
    "absence of {}",
    "{}: no",
)
QUESTIONS = ("What is seen?", "Where is the finding?", "What does the image show?", "")

texts = st.text(max_size=300) | st.text("ab nol1.,;:/()'\"\n-%", max_size=200)
findings = st.sampled_from(FINDINGS)
sides = st.sampled_from(SIDES)
places = st.sampled_from(PLACES)
questions = st.sampled_from(QUESTIONS)


@given(texts, texts, texts)
@settings(max_examples=300, deadline=None)
def test_any_texts_have_scores_on_the_menu(question: str, reference: str, candidate: str) -> None:
    found = judge(question, reference, candidate)
    assert 1 <= found.reference <= 10
    assert 1 <= found.candidate <= 10
    assert found.reason


@given(texts, texts, texts)
@settings(max_examples=150, deadline=None)
def test_any_texts_are_reviewed_trusted_and_staged(question: str, one: str, other: str) -> None:
    assert review(question, one, other)[0] in "ABC"
    assert trust(question, one, other)[0] in "ABC"
    scores, _ = stages({"question": question, "reference": one, "localization": other, "conclusion": other})
    assert all(1 <= score <= 5 for score in scores.values())


@given(texts, texts)
@settings(max_examples=300, deadline=None)
def test_a_reference_against_itself_has_equal_scores(question: str, text: str) -> None:
    found = judge(question, text, text)
    assert found.reference == found.candidate


@given(texts, texts, texts)
@settings(max_examples=100, deadline=None)
def test_the_same_texts_have_the_same_judgement(question: str, reference: str, candidate: str) -> None:
    first = judge(question, reference, candidate)
    read.cache_clear()
    assert judge(question, reference, candidate) == first


@given(questions, sides, places, findings, st.sampled_from(NEGATIONS))
@settings(deadline=None)
def test_a_negated_reference_is_never_right(question: str, side: str, place: str, finding: str, negation: str) -> None:
    for reference in (finding, f"{side} {place} {finding}", f"{finding} in the {side} {place}"):
        assert not judge(question, reference, negation.format(reference)).right
        assert not judge(question, negation.format(reference), reference).right


@given(questions, sides, places, findings)
@settings(deadline=None)
def test_the_other_side_is_never_right(question: str, side: str, place: str, finding: str) -> None:
    other = SIDES[1 - SIDES.index(side)]
    for form in ("{side} {place} {finding}", "{finding} in the {side} {place}", "{side}", "{side}-sided {finding}"):
        reference = form.format(side=side, place=place, finding=finding)
        flipped = form.format(side=other, place=place, finding=finding)
        assert not judge(question, reference, flipped).right
        assert not judge(question, reference, f"{reference} and {flipped}").right
        assert not judge(question, reference, f"{reference} or {flipped}").right


@given(questions, findings, st.integers(1, 400), st.integers(1, 400), st.sampled_from(("cm", "mm", "", "mg", "%")))
@settings(deadline=None)
def test_another_number_is_never_right(question: str, finding: str, one: int, other: int, unit: str) -> None:
    if one == other:
        return
    reference = f"{one} {unit}".strip()
    for candidate in (
        f"{other} {unit}",
        f"{one} {unit} or {other} {unit}",
        f"{one} {unit} {other} {unit}",
        f"{one} {unit}, {other} {unit}",
        f"The {finding} measures {other} {unit}.",
    ):
        assert not judge(question, reference, candidate.strip()).right, candidate
    assert not judge(question, f"{reference} {finding}", f"{other} {unit} {finding}").right


@given(findings, st.integers(30, 500))
@settings(max_examples=30, deadline=None)
def test_a_right_answer_repeated_over_and_over_is_never_right(finding: str, times: int) -> None:
    assert not judge("What is seen?", finding, " ".join([finding] * times)).right


@given(st.permutations(FINDINGS))
@settings(max_examples=50, deadline=None)
def test_a_list_of_every_finding_is_never_right(listed: list[str]) -> None:
    for joined in (", ".join(listed), " or ".join(listed), " and ".join(listed)):
        assert not judge("What is seen?", listed[0], joined).right


@given(findings, st.lists(st.sampled_from(["the", "image", "was", "obtained", "carefully", "reviewed"]), min_size=400))
@settings(max_examples=15, deadline=None)
def test_a_right_answer_drowned_in_words_is_never_right(finding: str, filler: list[str]) -> None:
    assert not judge("What is seen?", finding, " ".join([*filler, finding])).right


@given(findings, findings, st.sampled_from(["а", "е", "о"]))
@settings(deadline=None)
def test_letters_of_another_alphabet_change_nothing(reference: str, candidate: str, letter: str) -> None:
    latin = {"а": "a", "е": "e", "о": "o"}[letter]
    plain = judge("What is seen?", reference, candidate)
    assert judge("What is seen?", reference, candidate.replace(latin, letter)).right is plain.right


@pytest.mark.parametrize("text", ["a" * 20_000, "no " * 7000, "1," * 9000, "(" * 9000, "x-ray " * 3000, "1/" * 9000])
def test_long_texts_of_one_thing_are_read(text: str) -> None:
    assert not judge("What is seen?", "pneumothorax", text).right
    assert re.search(r"\w", judge("What is seen?", text, "pneumothorax").reason)
