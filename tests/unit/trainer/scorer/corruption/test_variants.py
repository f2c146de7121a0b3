from __future__ import annotations

import random

from medreward_trainer.scorer.corruption import reordered, shortened
from medreward_trainer.scorer.corruption.parts import length
from tests.unit.trainer.scorer.corruption.told import ILEUS, think, told

LONG = told(
    *[
        f"Finding {at} is one of many that are seen here. It has much more to be said about it than this."
        for at in range(9)
    ],
    "All was weighed at length. So gallstone ileus it is.",
)


def test_a_shortened_trajectory_keeps_its_conclusion_and_the_order() -> None:
    for seed in range(20):
        made = think(shortened(LONG, 60, random.Random(seed)))
        assert "gallstone ileus" in made[-1]
        assert made[:-1] == sorted(made[:-1])
        assert 3 <= len(made) < len(LONG.texts)
        assert sum(map(length, made)) <= 60


def test_what_must_stay_stays_whole() -> None:
    for seed in range(20):
        assert LONG.texts[4] in think(shortened(LONG, 40, random.Random(seed), frozenset({4})))


def test_what_fits_is_not_shortened() -> None:
    assert shortened(ILEUS, 100, random.Random(0)) is None


def test_a_part_that_leans_on_one_left_out_goes_with_it() -> None:
    parts = told(
        *[text for at in range(9) for text in (f"Finding {at} is seen in a part.", f"This {at} is why it hurts.")],
        "End.",
    )
    for seed in range(20):
        made = think(shortened(parts, 50, random.Random(seed)))
        for text in made:
            if text.startswith("This "):
                assert made[made.index(text) - 1] == f"Finding {text.split()[1]} is seen in a part."


def test_reordered_findings_are_the_same_ones_before_the_same_conclusion() -> None:
    made = think(reordered(ILEUS, random.Random(0)))
    assert made != list(ILEUS.texts)
    assert sorted(made) == sorted(ILEUS.texts)
    assert made[-1] == ILEUS.texts[-1]


def test_parts_that_lean_on_each_other_keep_their_order() -> None:
    assert (
        reordered(told("A mass is seen.", "This suggests cancer.", "Therefore it is cancer."), random.Random(0)) is None
    )
