from __future__ import annotations

import random
from collections import Counter

import pytest

from medreward_trainer.scorer.corruption import count_forms, negation_flip
from medreward_trainer.scorer.corruption.negation import _opposites
from tests.unit.trainer.scorer.corruption.told import think, told

ALL = dict.fromkeys(_opposites(), 1)
"""every form as frequent as its opposite"""


@pytest.mark.parametrize(
    ("step", "flipped"),
    [
        ("There is no pleural effusion on this film.", "There is a pleural effusion on this film."),
        ("There is an effusion on the film.", "There is no effusion on the film."),
        ("The effusion is absent.", "The effusion is present."),
        ("No evidence of effusion.", "Evidence of effusion."),
        ("The film gives an abnormal effusion.", "The film gives a normal effusion."),
        ("This is a unilateral and likely effusion.", None),
        ("It is consistent with an effusion.", "It is inconsistent with an effusion."),
        ("He denies effusion.", "He reports effusion."),
        ("Effusion makes it less likely.", "Effusion makes it more likely."),
    ],
)
def test_a_form_becomes_its_opposite_in_good_english(step: str, flipped: str | None) -> None:
    made = negation_flip(told(step, "It ends.", question="Effusion?"), ALL, random.Random(0))
    assert (think(made)[0] if made else None) == flipped


def test_the_other_places_stay_as_they_are() -> None:
    steps = ["Effusion is present.", "Effusion is present.", "Effusion is present."]
    made = think(negation_flip(told(*steps), ALL, random.Random(0)))
    assert sorted(made) == ["Effusion is absent.", "Effusion is present.", "Effusion is present."]


def test_a_clause_that_is_denied_already_is_not_denied_twice() -> None:
    assert (
        negation_flip(told("No effusion is observed.", "It ends.", question="Effusion?"), ALL, random.Random(0)) is None
    )


def test_what_nothing_else_speaks_of_is_not_turned() -> None:
    assert negation_flip(told("Ascites is present.", "It ends.", question="Effusion?"), ALL, random.Random(0)) is None


def test_only_the_given_parts_are_turned() -> None:
    parts = told("Effusion is present.", "The effusion is absent.", "It ends.")
    for seed in range(10):
        assert think(negation_flip(parts, ALL, random.Random(seed), [1]))[0] == "Effusion is present."


def test_as_many_places_are_turned_into_a_rare_form_as_out_of_it() -> None:
    common = told("It is consistent with effusion.", "It ends.", question="Effusion?")
    rare = told("It is inconsistent with effusion.", "It ends.", question="Effusion?")
    corpus = [common] * 900 + [rare] * 100
    counts = count_forms(text for parts in corpus for text in parts.texts)
    assert counts == Counter({"consistent with": 900, "inconsistent with": 100})
    rng = random.Random(0)
    turned = Counter(parts.texts[0] for parts in corpus if negation_flip(parts, counts, rng) is not None)
    assert turned[rare.texts[0]] == 100
    assert 70 < turned[common.texts[0]] < 130


def test_every_opposite_leads_back_to_a_form() -> None:
    assert {other for other in _opposites().values() if other not in _opposites()} == set()
