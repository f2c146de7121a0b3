"""A part that does not belong where it stands: of another case, or said before."""

from __future__ import annotations

import random

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption.parts import Parts, apart, overlap, sentences

SAME = 0.8
"""parts that share this much of their words say the same"""


def stage_swap(parts: Parts, donor: Parts, rng: random.Random) -> ScorerAsk | None:
    """A part before the last gives way to one of the donor's, of a similar place and length."""
    if len(parts.texts) < 3 or len(donor.texts) < 3:
        return None
    index = rng.randrange(len(parts.texts) - 1)
    own = parts.texts[index]
    place = index / (len(parts.texts) - 1)
    others = [
        (abs(at / (len(donor.texts) - 1) - place) + 2 * apart(own, form), form)
        for at, text in enumerate(donor.texts[:-1])
        # shortened trajectories say the first sentence of a part alone, so a swapped one may too
        for form in (text, sentences(text)[0])
        if overlap(own, form) < SAME
    ]
    return parts.exchanged(index, min(others)[1]) if others else None


def repeated_stage(parts: Parts, rng: random.Random) -> ScorerAsk | None:
    """A part before the last gives way to another of the same trajectory, which so stands there twice."""
    inner = range(len(parts.texts) - 1)
    if len(inner) < 3:
        return None
    again = rng.choice(inner)
    others = [
        (apart(parts.texts[again], parts.texts[at]), rng.random(), at)
        for at in inner
        if at != again and parts.texts[at] != parts.texts[again]
    ]
    return parts.exchanged(min(others)[2], parts.texts[again]) if others else None
