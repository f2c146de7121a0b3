"""What a model wrote, beside its corrupted twins."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption import (
    FormCounts,
    Parts,
    conclusion_conflict,
    negation_flip,
    repeated_stage,
    shortened,
    side_flip,
    stage_swap,
    unsupported_leap,
    wrong_answer,
)
from medreward_trainer.scorer.corruption.parts import length
from medreward_trainer.scorer.examples import Corruption, Example

ALONE: Final[Mapping[Corruption, Callable[[Parts, random.Random], ScorerAsk | None]]] = {
    "side_flip": side_flip,
    "repeated_stage": repeated_stage,
}
WITH_DONOR: Final[Mapping[Corruption, Callable[[Parts, Parts, random.Random], ScorerAsk | None]]] = {
    "stage_swap": stage_swap,
    "wrong_answer": wrong_answer,
    "conclusion_conflict": conclusion_conflict,
}

SLACK: Final = 15
"""words by which a cut stays below its budget, on average"""


def twins(
    base: ScorerAsk, whole: Parts, writer: str, donors: Sequence[Parts], counts: FormCounts, rng: random.Random
) -> list[Example]:
    """One example of each corruption that applies to ``base``; of the donors each takes the first that serves.

    ``whole`` is what ``base`` was cut from, or is it: a leap leaves out so much that it starts from there, and is then
    cut to about the length of ``base``.
    """
    parts = Parts.of(base)
    made: list[tuple[Corruption, ScorerAsk | None]] = [("negation_flip", negation_flip(parts, counts, rng))]
    made += [(kind, corrupt(parts, rng)) for kind, corrupt in ALONE.items()]
    for kind, corrupt_by in WITH_DONOR.items():
        tried = (corrupt_by(parts, donor, rng) for donor in donors)
        made.append((kind, next((ask for ask in tried if ask is not None), None)))
    leap = next((ask for donor in donors if (ask := unsupported_leap(whole, donor, rng)) is not None), None)
    if leap is not None:
        leap = shortened(Parts.of(leap), sum(map(length, parts.texts)) + SLACK, rng) or leap
    made.append(("unsupported_leap", leap))
    return [Example(ask, kind, writer) for kind, ask in made if ask is not None]
