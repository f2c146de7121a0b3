"""Acronyms that one text has and the other spells out, whatever they are: "AML" for "acute myeloid leukemia"."""

from __future__ import annotations

import re

from medreward.remember import remember

from .lexicon import LEXICON, LIGHT
from .text import plain, tokens
from .words import stem

_ACRONYM = re.compile(r"\b[A-Za-z]{3,7}s?\b")
_BRACKETED = re.compile(r"\s*\(\s*([A-Za-z-]{2,8})\s*\)")
_LIGHT_BETWEEN = 2
_SHORT = 2
"""words of an answer that may write an acronym in small letters"""


@remember(4096, longest=400)
def _words(text: str) -> tuple[str, ...]:
    words = (token.text for token in tokens(plain(text)) if token.text[0].isalnum())
    return tuple(word for word in words if word not in LIGHT)


def written_out(candidate: str, reference: str) -> str:
    """The candidate with each acronym of three letters or more that is the initials of words of the reference."""
    words = _words(reference[:400])
    if len(words) < 3:
        return candidate
    initials = "".join(word[0] for word in words)
    short = len(candidate) <= 40 and candidate.count(" ") < _SHORT

    def spelled(found: re.Match[str]) -> str:
        letters = found[0].removesuffix("s") if found[0][:-1].isupper() else found[0]
        name = letters.casefold()
        if not (letters.isupper() or short) or len(name) < 3 or name in words or stem(name) in LEXICON.forms:
            return found[0]
        start = initials.find(name)
        return found[0] if start < 0 else " ".join(words[start : start + len(name)])

    return _ACRONYM.sub(spelled, candidate)


def without_acronym(reference: str) -> str:
    """The reference without an acronym in brackets that only repeats the words before it: "... syndrome (PRES)"."""

    def dropped(found: re.Match[str]) -> str:
        letters = found[1].replace("-", "")
        before = [word for word in re.split(r"[\W_]+", reference[: found.start()].casefold()) if word]
        near = " ".join(before[-len(letters) - _LIGHT_BETWEEN :])
        capitals = sum(letter.isupper() for letter in letters) >= 2
        return "" if capitals and _made_of(letters.casefold(), near) else found[0]

    return _BRACKETED.sub(dropped, reference) if "(" in reference else reference


def _made_of(letters: str, text: str) -> bool:
    """The letters stand in the text in this order, the first and half of all at the beginning of words."""
    initials = [word[0] for word in text.split()]
    at = begun = first = 0
    for letter in letters:
        at = text.find(letter, at) + 1
        if not at:
            return False
        if letter in initials[begun:]:
            begun = initials.index(letter, begun) + 1
            first += 1
    return letters[0] in initials and 2 * first >= len(letters)
