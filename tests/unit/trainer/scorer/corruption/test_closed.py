from __future__ import annotations

import random

import pytest

from medreward_trainer.scorer.corruption.closed import decided, hedged, opposite_conclusion, opposite_stage
from tests.unit.trainer.scorer.corruption.told import think, told

YES = told(
    "Pneumonia would typically appear as opacities.",
    "The X-ray reveals opacities, consistent with pneumonia.",
    "Therefore, the answer is yes.",
    answer="Yes",
)
NO = told(
    "To determine it, we need to look for opacities.",
    "The lungs appear clear.",
    "Therefore, there is no evidence of pneumonia.",
    answer="No",
)


def test_what_would_be_seen_decides_nothing() -> None:
    assert decided(YES, "pneumonia") == (None, True, True)
    assert decided(NO, "pneumonia") == (None, False, False)


@pytest.mark.parametrize("text", ["B) No", "The answer is: No.", "**Answer:** B) No"])
def test_a_stated_answer_decides(text: str) -> None:
    assert decided(told("It was seen.", text), "pneumonia")[-1] is False


def test_who_cannot_say_hedges() -> None:
    assert hedged(told("I cannot view it.", "No pneumonia."))
    assert not hedged(YES)


def test_the_donors_conclusion_comes_with_its_answer() -> None:
    made = opposite_conclusion(YES, NO, "pneumonia", random.Random(0))
    assert think(made) == [*YES.texts[:-1], NO.texts[-1]]
    assert made is not None
    assert made.answer == "No"


def test_the_donors_stage_leaves_conclusion_and_answer() -> None:
    made = opposite_stage(YES, NO, "pneumonia", random.Random(0))
    assert think(made) == [YES.texts[0], NO.texts[1], YES.texts[2]]
    assert made is not None
    assert made.answer == "Yes"


def test_a_donor_of_the_same_decision_gives_nothing() -> None:
    assert opposite_conclusion(YES, YES, "pneumonia", random.Random(0)) is None
    assert opposite_stage(NO, NO, "pneumonia", random.Random(0)) is None
