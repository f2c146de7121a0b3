"""Judgements that need no judge."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING

from medreward.judge import Ruling
from medreward.rewards.matching.text import normalize

if TYPE_CHECKING:
    from medreward.judge.rubrics import Rubric

# what str.isalnum says of a character; a flood of signs is faster stripped than searched
_SIGNS = string.punctuation + string.whitespace
_WORD = re.compile(r"[^\W_]").search

EQUAL = "the answer equals the reference: no judge was asked"
NO_WORDS = "the answer has no words: no judge was asked"


def short_cut(rubric: Rubric, fields: Mapping[str, str]) -> Ruling | None:
    """The ruling of a comparison that is plain: an answer without a word is wrong, one like the reference is right.

    It says in its detail that no judge was asked. None where a judge must be.
    """
    if rubric.swap is None:
        return None
    reference, candidate = (fields[name] for name in rubric.swap)
    expected = normalize(reference)
    if not expected:
        return Ruling("invalid_input", f"{rubric.swap[0]}: it says nothing")
    if normalize(candidate) == expected:
        return Ruling("ok", EQUAL, value=1.0)
    if not has_words(candidate):
        return Ruling("ok", NO_WORDS, value=0.0)
    return None


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return _WORD(text.strip(_SIGNS)) is not None
