"""Open-ended answers are equal after normalization or not at all."""

from __future__ import annotations

import pytest

from medreward.rewards.matching import BadReference, match_text, normalize

EQUAL = [
    ("Left lung", "left lung"),
    ("the left lung.", "Left lung"),
    (" left  lung ", "left lung"),
    ("**left lung**", "left lung"),
    ('"left lung"', "left lung"),
    ("x-ray", "X ray"),
    ("X-Ray", "x-ray"),
    ("1,000", "1000"),
    ("1.5 cm", "1.5cm"),
    ("50 %", "50%"),
    ("ER+", "er+"),
    ("HER2−", "HER2-"),
    ("5 µm", "5 μm"),
    ("≤ 5", "<=5"),
    ("A mass", "mass"),
    ("T2-weighted", "T2 weighted"),
    ("PA", "pa"),
    ("Posterior-Anterior", "posterior anterior"),
    ("(left)", "left"),
    ("left lung\n", "left lung"),
    ("left lung<|im_end|>", "left lung"),
    ("“left lung”", "left lung"),
    ("left lung", "left lung"),
    ("Ｌｅｆｔ lung", "left lung"),
    ("10²", "10²"),
    ("0.5", ".5"),
    ("\\boxed{left lung}", "left lung"),
    ("left,right", "left, right"),
    ("½", "1/2"),
    ("-5", "−5"),
    ("cm²", "cm^2"),
    ("left lung.", "left lung"),
    ("The left lung", "left lung"),
    ("left  lung", "left lung"),
    ("left\nlung", "left lung"),
    ("LEFT LUNG!", "left lung"),
    ("1.5 cm", "1.5 cm"),
    ("ER+", "ER+"),
    ("er+", "ER+"),
    ("3", "3"),
    ("a pneumonia", "pneumonia"),
    ("X-ray", "x-ray"),
    ("CT，", "ct"),
    ("Ｘ-ray", "x-ray"),
    ("µm", "μm"),
    ("$\\text{left lung}$", "left lung"),
    ("<answer>left lung</answer>", "left lung"),
    ("(left lung)", "left lung"),
    ("bilateral lungs", "bilateral lungs"),
]

DIFFERENT = [
    ("> 5 cm", "5 cm"),
    ("10₂", "102"),
    ("*5*3", "53"),
    ("right lung", "left lung"),
    ("1.5", "15"),
    ("1.5", "1,5"),
    ("ER+", "ER-"),
    ("ER+", "ER"),
    ("ER-", "ER"),
    ("+5", "-5"),
    ("5", "-5"),
    ("< 5", "> 5"),
    ("<5", "5"),
    ("5%", "5"),
    ("5 cm", "5 mm"),
    ("10²", "102"),
    ("10^2", "102"),
    ("no effusion", "effusion"),
    ("not visible", "visible"),
    ("lung left", "left lung"),
    ("left lung?", "left lung"),
    ("left or right lung", "left lung"),
    ("left lung, right lung", "left lung"),
    ("1000", "100"),
    ("1.0", "10"),
    ("5-10", "510"),
    ("5-10", "5 10"),
    ("non-small", "small"),
    ("hypo", "hyper"),
    ("1½", "11/2"),
    ("2 1", "21"),
    ("T2", "T1"),
    ("L4", "L5"),
    ("a", "an"),
    ("5*3", "53"),
    ("±5", "5"),
    ("1 000", "1000"),
    ("1.5.2", "1.52"),
    ("10,00", "1000"),
    ("ER +", "ER -"),
    ("lungleft", "left lung"),
    ("left lung or right lung", "left lung"),
    ("left", "left lung"),
    ("15 cm", "1.5 cm"),
    ("ER-", "ER+"),
    ("ER", "ER+"),
    ("-5", "5"),
    ("not pneumonia", "pneumonia"),
    ("no pneumonia", "pneumonia"),
    ("pneumonia", "no pneumonia"),
    ("< 5 cm", "> 5 cm"),
    ("1/2", "12"),
    ("T1-weighted", "T2-weighted"),
    ("10^3", "103"),
    ("2²", "22"),
    ("chest x-ray", "x-ray"),
    ("hyper-dense", "hypo-dense"),
]


@pytest.mark.parametrize(("answer", "reference"), EQUAL)
def test_dress_does_not_count(answer: str, reference: str) -> None:
    assert match_text(answer, reference) == (1.0, "equal")
    assert match_text(reference, answer).value == 1.0


@pytest.mark.parametrize(("answer", "reference"), DIFFERENT)
def test_numbers_signs_polarity_and_order_count(answer: str, reference: str) -> None:
    assert match_text(answer, reference) == (0.0, "not equal after normalization")
    assert match_text(reference, answer).value == 0.0


@pytest.mark.parametrize("answer", ["", "  ", "\n"])
def test_an_empty_answer_earns_zero(answer: str) -> None:
    assert match_text(answer, "left lung") == (0.0, "empty answer")


@pytest.mark.parametrize("reference", ["", " ", ".", "**"])
def test_an_empty_reference_is_refused(reference: str) -> None:
    with pytest.raises(BadReference):
        match_text("left lung", reference)


@pytest.mark.parametrize(("answer", "reference"), EQUAL)
def test_normalizing_twice_changes_nothing(answer: str, reference: str) -> None:
    assert normalize(normalize(answer)) == normalize(answer)
