from __future__ import annotations

import random

import pytest

from medreward_trainer.scorer.corruption import side_flip
from tests.unit.trainer.scorer.corruption.told import think, told


def test_one_part_names_the_other_side_and_the_question_keeps_its_own() -> None:
    parts = told("The Left lung is hazy.", "No mass is seen.", question="Opacity in the left lung.")
    assert think(side_flip(parts, random.Random(0))) == ["The Right lung is hazy.", "No mass is seen."]


@pytest.mark.parametrize(
    "step",
    [
        "The wound was left untreated and right away bled.",
        "The patient is right-handed.",
        "Both the left lung and the right lung are hazy.",
        "The lungs are hazy.",
        "She left the hospital and came back.",
    ],
)
def test_what_names_no_side_or_both_is_left_alone(step: str) -> None:
    assert side_flip(told(step, "It ends.", question="The left lung."), random.Random(0)) is None


def test_a_side_that_is_named_once_contradicts_nothing() -> None:
    assert side_flip(told("The left lung is hazy.", "It ends.", question="Cough."), random.Random(0)) is None


def test_a_flip_that_would_repeat_what_is_said_elsewhere_is_not_made() -> None:
    parts = told("The left lung is hazy.", "It ends.", question="Opacities of left lung and right lung.")
    assert side_flip(parts, random.Random(0)) is None
