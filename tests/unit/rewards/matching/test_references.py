"""References are read to the last character, and refused when they or the choices make no sense."""

from __future__ import annotations

import gc
import weakref

import pytest

from medreward.rewards.matching import BadReference, match_choice, match_choices
from medreward.rewards.matching.options import lexicon_of
from medreward.rewards.matching.reading import read
from medreward.rewards.matching.reference import several_reference, single_reference

CHOICES = {"A": "Opacity", "B": "Clear", "C": "Effusion", "D": "Heart and lungs"}


@pytest.mark.parametrize(
    "reference",
    ["B", "b", "(B)", "B.", "B)", "B. Clear", "B: clear", "(b) Clear.", "Clear", "clear.", " B ", "Option B"],
)
def test_a_single_reference_may_be_letter_or_text(reference: str) -> None:
    assert match_choice("B", CHOICES, reference).value == 1.0
    assert match_choice("C", CHOICES, reference).value == 0.0


@pytest.mark.parametrize(
    "reference",
    [
        "A, C",
        "A and C",
        "[A,C]",
        "AC",
        "A;C",
        "a, c",
        "A C",
        "A/C",
        '["A", "C"]',
        "A. Opacity, C. Effusion",
        "Opacity, Effusion",
        "Opacity and effusion",
        "A\nC",
        "(A) and (C)",
    ],
)
def test_a_multi_reference_may_be_any_list(reference: str) -> None:
    assert match_choices("A, C", CHOICES, reference).value == 1.0
    assert match_choices("A, B", CHOICES, reference).value == 0.0


def test_a_reference_text_with_and_inside_is_one_option() -> None:
    assert match_choices("D", CHOICES, "Heart and lungs").value == 1.0
    assert match_choices("A, D", CHOICES, "Opacity, heart and lungs").value == 1.0


def test_a_letter_is_a_key_before_it_is_a_text() -> None:
    swapped = {"A": "B", "B": "A"}
    assert match_choice("A", swapped, "A").value == 1.0
    assert match_choice("A: B", swapped, "A").value == 1.0
    assert match_choice("B", swapped, "A").value == 0.0


@pytest.mark.parametrize("reference", ["", " ", "E", "Mass", "B or C", "not B", "B maybe", "A lung", "AE"])
@pytest.mark.parametrize("match", [match_choice, match_choices])
def test_a_reference_that_is_no_choice_is_refused(match: object, reference: str) -> None:
    with pytest.raises(BadReference) as refused:
        match("B", CHOICES, reference)  # type: ignore[operator]
    assert refused.value.field == "reference.answer"


def test_a_letter_with_the_text_of_another_is_no_single_reference() -> None:
    with pytest.raises(BadReference, match="B and C"):
        match_choice("B", CHOICES, "B. Effusion")


def test_a_single_reference_names_one_option() -> None:
    with pytest.raises(BadReference, match="A and C"):
        match_choice("A", CHOICES, "A, C")


def test_a_text_that_two_options_share_is_no_reference() -> None:
    twins = {"A": "Clear", "B": "Clear"}
    assert match_choice("A", twins, "A").value == 1.0
    assert match_choice("B", twins, "A").value == 0.0
    assert match_choice("Clear", twins, "A").value == 0.0
    with pytest.raises(BadReference, match="belongs to A and B"):
        match_choice("A", twins, "Clear")


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"AB": "x"},
        {"": "x"},
        {"A.": "x"},
        {"A": "x", "a": "y"},
        {"А": "Cyrillic"},
        {"A": 1},
        {1: "x"},
        {"A": ["x"]},
    ],
)
def test_choices_that_make_no_sense_are_refused(choices: dict[str, str]) -> None:
    with pytest.raises(BadReference) as refused:
        match_choice("A", choices, "A")
    assert refused.value.field == "choices"


@pytest.mark.parametrize(("chars", "kept"), [(100, True), (3000, False)])
def test_what_was_read_by_long_choices_is_not_remembered_with_them(chars: int, kept: bool) -> None:
    lexicon = lexicon_of({key: f"{key} lung {chars} ".ljust(chars // 3, "x") for key in "ABC"})
    held = weakref.ref(lexicon)
    assert read("I think it is B.", lexicon).chosen == single_reference("B", lexicon) == {"B"}
    assert several_reference("A, C", lexicon) == {"A", "C"}
    del lexicon
    gc.collect()
    assert (held() is not None) == kept
