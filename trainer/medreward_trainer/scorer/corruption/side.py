"""Left for right in one part, while the other parts keep their side."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption.parts import Parts

# with its neighbours, by which the side is told from "was left untreated" and "right away"
_SIDE = re.compile(
    r"(?:\b(?P<before>[a-z]+) )?\b(?P<side>left|right)\b(?P<gap>[ -])?(?P<after>[a-z]+)?",
    re.IGNORECASE,
)
_NOT_BEFORE = set("am are be been being had has have he is it patient quite she they was were".split())  # noqa: SIM905
_NOT_AFTER = set("after alone and away before for handed hander in no now of or to untreated with".split())  # noqa: SIM905
_OTHER = {"left": "right", "right": "left"}


def side_flip(parts: Parts, rng: random.Random) -> ScorerAsk | None:
    """Every side named in one part becomes the other one, where that side is named elsewhere too.

    A part that names both sides is left alone: with both exchanged it may still be true. So is one whose flipped words
    ("right lung") are said elsewhere.
    """
    found = [index for index, text in enumerate(parts.texts) if _contradicts(text, parts.elsewhere(index))]
    if not found:
        return None
    index = rng.choice(found)
    text = parts.texts[index]
    for start, side, _ in reversed(list(_sides(text))):
        text = text[:start] + _other(side) + text[start + len(side) :]
    return parts.exchanged(index, text)


def _contradicts(text: str, elsewhere: str) -> bool:
    """Whether ``text`` with its side exchanged contradicts what is said elsewhere."""
    here = {(side.lower(), noun.lower()) for _, side, noun in _sides(text)}
    there = {(side.lower(), noun.lower()) for _, side, noun in _sides(elsewhere)}
    return (
        len({side for side, _ in here}) == 1
        and not any((_OTHER[side], noun) in there for side, noun in here)
        and (bool(here & there) or {side for side, _ in here} == {side for side, _ in there})
    )


def _sides(text: str) -> Iterator[tuple[int, str, str]]:
    """Where a side is named, how, and the word after it, empty at the end of a phrase."""
    for match in _SIDE.finditer(text):
        before, after = (match["before"] or "").lower(), (match["after"] or "").lower()
        if before not in _NOT_BEFORE and after not in _NOT_AFTER and (after or before in ("the", "on")):
            yield match.start("side"), match["side"], after


def _other(side: str) -> str:
    other = _OTHER[side.lower()]
    return other.capitalize() if side[0].isupper() else other
