"""The tags: how they are spelled, and the one pattern that finds them.

In any letter case, with white space before the ``>`` and nowhere else. A tag that is not one of these is text.
"""

from __future__ import annotations

import re
from typing import Final

from .types import StageName

NAMES: Final[dict[str, StageName]] = {
    # MEDSAGE as published
    "loc": "localization",
    "visual": "visual",
    "knowledge": "knowledge",
    "con": "conclusion",
    "answer": "answer",
    # MEDSAGE as released
    "vis": "visual",
    "kno": "knowledge",
    # GEMeX-RMCoT
    "think": "think",
    "response": "response",
    "location": "location",
}
"""spelling of a tag -> the part it opens"""


def _any(word: str) -> str:
    return "".join(f"[{c}{c.upper()}]" for c in word)


# Letter by letter, for under IGNORECASE a Kelvin sign is a K. Shared beginnings are tried once and the look-ahead
# drops what cannot be a name: a megabyte of "<" takes 20 ms, not 80.
_SPELLINGS = (
    rf"{_any('re')}(?:{_any('f')}|{_any('sponse')})|{_any('box')}|{_any('answer')}|{_any('loc')}(?:{_any('ation')})?+"
    rf"|{_any('think')}|{_any('vis')}(?:{_any('ual')})?+|{_any('kno')}(?:{_any('wledge')})?+|{_any('con')}"
)
TAG = re.compile(rf"(</?+(?=[A-Za-z]{{3}})(?:{_SPELLINGS})[ \t\r\n]*+>)")
"""one group, the whole tag, so that ``split`` gives text and tags by turns"""

Kind = tuple[str, bool, StageName | None]
"""spelling, whether it closes, and the part; None for ``<ref>`` and ``<box>``"""
KINDS: dict[str, Kind] = {
    tag: (spelled, tag.startswith("</"), NAMES.get(spelled))
    for spelled in (*NAMES, "ref", "box")
    for tag in (f"<{spelled}>", f"</{spelled}>")
}
KINDS |= {tag.upper(): kind for tag, kind in KINDS.items()}
CLOSE = {"ref": "</ref>", "box": "</box>"}


def kind_of(tag: str) -> Kind:
    """What a tag that ``TAG`` found is, in any letter case."""
    return KINDS.get(tag) or KINDS["".join(tag.split()).lower()]


def shown(spelled: str) -> str:
    """The tag as its paper writes it: ``<KNOWLEDGE>``, ``<think>``."""
    upper = spelled.lstrip("/") in ("loc", "visual", "knowledge", "con", "vis", "kno")
    return f"<{spelled.upper() if upper else spelled}>"
