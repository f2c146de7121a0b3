from __future__ import annotations

import random

from medreward_trainer.scorer.corruption import conclusion_conflict, unsupported_leap, wrong_answer
from tests.unit.trainer.scorer.corruption.told import APPENDICITIS, ILEUS, think, told


def test_a_wrong_answer_follows_reasoning_that_is_untouched() -> None:
    made = wrong_answer(ILEUS, APPENDICITIS, random.Random(0))
    assert made == ILEUS.ask._replace(answer="Acute appendicitis")


def test_an_answer_that_may_mean_the_same_is_no_wrong_one() -> None:
    same = told(*APPENDICITIS.texts[:-1], "It is ileus by gallstone.", answer="Ileus due to a gallstone")
    for corrupt in (wrong_answer, conclusion_conflict, unsupported_leap):
        assert corrupt(ILEUS, same, random.Random(0)) is None


def test_an_answer_that_the_reasoning_speaks_of_is_no_wrong_one() -> None:
    considered = told("Acute appendicitis was considered.", *ILEUS.texts)
    assert wrong_answer(considered, APPENDICITIS, random.Random(0)) is None


def test_a_conclusion_against_the_findings_keeps_the_findings() -> None:
    answers = set()
    for seed in range(20):
        made = conclusion_conflict(ILEUS, APPENDICITIS, random.Random(seed))
        assert think(made) == [*ILEUS.texts[:-1], APPENDICITIS.texts[-1]]
        assert made is not None
        answers.add(made.answer)
    assert answers == {"Gallstone ileus", "Acute appendicitis"}


def test_a_leap_leaves_out_what_spoke_for_the_answer() -> None:
    parts = told("The gallstone caused an ileus.", *ILEUS.texts)
    made = unsupported_leap(parts, APPENDICITIS, random.Random(0))
    assert think(made) == [*ILEUS.texts[:-1], APPENDICITIS.texts[-1]]
    assert made is not None
    assert made.answer == "Acute appendicitis"


def test_where_nothing_is_to_be_left_out_it_is_no_leap() -> None:
    assert unsupported_leap(ILEUS, APPENDICITIS, random.Random(0)) is None
