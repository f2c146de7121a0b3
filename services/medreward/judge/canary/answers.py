"""Answers that are made, since nobody wants to read them in a file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Literal

import msgspec


class Repeat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="repeat", tag_field="make"):
    """``text``, ``times`` over."""

    text: str
    times: int


class Drown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="drown", tag_field="make"):
    """``text`` among as many of the suite's filler sentences as make ``words`` words."""

    text: str
    words: int
    at: Literal["start", "middle", "end"]


Answer = str | Repeat | Drown


def text_of(answer: Answer, filler: Sequence[str]) -> str:
    """The candidate's text.

    Raises:
        ValueError: what is to be drowned has nothing to drown in, or a count is below 1.
    """
    match answer:
        case str():
            return answer
        case Repeat():
            if answer.times < 1:
                raise ValueError("times: must be 1 or more")
            return answer.text * answer.times
        case Drown():
            return _drowned(answer, filler)


def _drowned(answer: Drown, filler: Sequence[str]) -> str:
    if answer.words < 1:
        raise ValueError("words: must be 1 or more")
    if not any(sentence.split() for sentence in filler):
        raise ValueError("drown: the suite has no filler")
    sentences: list[str] = []
    words = len(answer.text.split())
    for sentence in cycle(filler):
        if words >= answer.words:
            break
        sentences.append(sentence)
        words += len(sentence.split())
    place = {"start": 0, "middle": len(sentences) // 2, "end": len(sentences)}[answer.at]
    sentences.insert(place, answer.text)
    return " ".join(sentences)
