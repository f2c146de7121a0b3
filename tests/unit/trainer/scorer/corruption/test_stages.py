from __future__ import annotations

import random

from medreward_trainer.scorer.corruption import repeated_stage, stage_swap
from tests.unit.trainer.scorer.corruption.told import APPENDICITIS, ILEUS, think, told


def test_a_swapped_stage_is_the_donors_and_the_conclusion_stays() -> None:
    for seed in range(20):
        made = think(stage_swap(ILEUS, APPENDICITIS, random.Random(seed)))
        foreign = [text for text in made if text not in ILEUS.texts]
        assert len(foreign) == 1
        assert foreign[0] in APPENDICITIS.texts[:-1]
        assert made[-1] == ILEUS.texts[-1]


def test_a_donor_that_says_the_same_gives_nothing() -> None:
    assert stage_swap(ILEUS, ILEUS, random.Random(0)) is not None
    same = told(*["CT shows a calcified stone."] * 4)
    assert stage_swap(same, same, random.Random(0)) is None


def test_a_repeated_stage_stands_in_the_place_of_another() -> None:
    made = think(repeated_stage(ILEUS, random.Random(0)))
    assert len(made) == len(ILEUS.texts)
    assert len(set(made)) == len(made) - 1
    assert made[-1] == ILEUS.texts[-1]


def test_too_few_stages_have_none_to_swap_or_repeat() -> None:
    short = told("One finding.", "One conclusion.")
    assert stage_swap(short, APPENDICITIS, random.Random(0)) is None
    assert repeated_stage(short, random.Random(0)) is None
