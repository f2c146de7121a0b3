"""Acronyms that one text has and the other spells out, whatever they are: "AML" for "acute myeloid leukemia"."""

from __future__ import annotations

import re
from functools import lru_cache

from .lexicon import LEXICON, LIGHT
from .text import plain, tokens
from .words import stem

_ACRONYM = re.compile(r"\b[A-Za-z]{3,7}s?\b")
_BRACKETED = re.compile(r"\s*\(\s*([A-Za-z-]{2,8})\s*\)")
_SHORT = 2
"""words of an answer that may write an acronym in small letters"""


@lru_cache(maxsize=4096)
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
        letters = found[1].replace("-", "").casefold()
        before = re.split(r"[\s-]+", re.sub(r"[^\w\s-]", "", reference[: found.start()].casefold()))
        initials = "".join(word[0] for word in before if word)
        light = "".join(word[0] for word in before if word and word not in LIGHT)
        return "" if initials.endswith(letters) or light.endswith(letters) else found[0]

    return _BRACKETED.sub(dropped, reference) if "(" in reference else reference
