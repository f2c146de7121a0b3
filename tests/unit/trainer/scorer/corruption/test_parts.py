from __future__ import annotations

import pytest

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption import Parts
from medreward_trainer.scorer.corruption.parts import overlap, sentences
from tests.unit.trainer.scorer.corruption.told import ILEUS


def test_unchanged_parts_give_the_trajectory_back() -> None:
    assert ILEUS.put(ILEUS.texts) == ILEUS.ask


def test_a_stage_of_one_line_is_cut_into_its_sentences() -> None:
    parts = Parts.of(ScorerAsk("?", (("LOC", "Left lung."), ("VISUAL", "It is clear. No mass is seen.")), "no"))
    assert parts.texts == ("Left lung.", "It is clear.", "No mass is seen.")
    assert parts.stage == (0, 1, 1)


def test_a_full_stop_after_a_title_or_in_a_number_ends_no_sentence() -> None:
    assert sentences("Dr. Smith saw 1.5 cm vs. Crohn lesions. They bled.") == [
        "Dr. Smith saw 1.5 cm vs. Crohn lesions.",
        "They bled.",
    ]


def test_a_part_left_out_leaves_its_stage_with_the_others() -> None:
    parts = Parts.of(ScorerAsk("?", (("A", "One here. Two here."), ("B", "Three here.")), "x"))
    assert parts.put(["One here.", None, None]).stages == (("A", "One here."), ("B", ""))


def test_texts_that_do_not_match_the_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ILEUS.put(["one"])


def test_overlap_ignores_words_without_content() -> None:
    assert overlap("the diagnosis is likely ileus", "there is ileus") == 1.0
    assert overlap("the diagnosis is likely", "of the") == 0.0
