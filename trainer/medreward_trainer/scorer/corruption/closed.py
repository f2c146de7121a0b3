"""Corruptions of reasoning about a yes/no question, told by which of its parts decide it.

A part decides the question when it states that the finding is there or is not: not what it would look like, and not a
guess. The words by which this is told stand in ``deciding.txt``. A donor here answers the same question the other way.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption.parts import Parts, apart


def decided(parts: Parts, finding: str) -> tuple[bool | None, ...]:
    """For each part whether it says that ``finding`` is there, is not, or neither (``None``)."""
    return tuple(_says(text, finding) for text in parts.texts)


def hedged(parts: Parts) -> bool:
    """Whether it is said anywhere that the question cannot be decided."""
    return any(_patterns()["hedge"].search(text) for text in parts.texts)


def opposite_conclusion(parts: Parts, donor: Parts, finding: str, rng: random.Random) -> ScorerAsk | None:
    """The last part, where it decides, gives way to the donor's, with the donor's answer."""
    own, theirs = decided(parts, finding)[-1], decided(donor, finding)[-1]
    if len(parts.texts) < 3 or own is None or theirs is None or own == theirs:
        return None
    return parts.exchanged(len(parts.texts) - 1, donor.texts[-1], donor.ask.answer)


def opposite_stage(parts: Parts, donor: Parts, finding: str, rng: random.Random) -> ScorerAsk | None:
    """A part that decides, before the last, gives way to one of the donor's that decides otherwise."""
    own = [at for at, said in enumerate(decided(parts, finding)[:-1]) if said is not None]
    if not own:
        return None
    index = rng.choice(own)
    said = decided(parts, finding)[index]
    theirs = [
        text for text, other in zip(donor.texts[:-1], decided(donor, finding), strict=False) if other == (not said)
    ]
    if not theirs:
        return None
    return parts.exchanged(index, min(theirs, key=lambda text: apart(text, parts.texts[index])))


def _says(text: str, finding: str) -> bool | None:
    patterns = _patterns()
    low = text.lower()
    if patterns["open"].search(low):
        return None
    if re.search(r"answer(?: is)?:? \W*(?:[a-z]\) *)?(yes|no)\b", low) or re.match(r"[ab]\) *(yes|no)\b", low):
        return "yes" in re.findall(r"\b(yes|no)\b", low)
    if patterns["absent"].search(low):
        return False
    if (finding in low and patterns["present"].search(low)) or patterns["seen"].search(low):
        return True
    return None


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """The phrases of ``deciding.txt``: ``open``, ``hedge``, ``absent``, ``present``, ``seen``."""
    phrases: dict[str, list[str]] = {}
    section = ""
    for line in (resources.files(__package__) / "deciding.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            phrases.setdefault(section, []).append(re.escape(line.strip()))
    return {name: re.compile(r"\b(?:" + "|".join(own) + r")\b", re.IGNORECASE) for name, own in phrases.items()}
