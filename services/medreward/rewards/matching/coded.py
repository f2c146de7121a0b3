"""Coded words: an answer as parallel lists of words and one-letter codes, and what was found in it so far."""

from __future__ import annotations

import re
from typing import NamedTuple

from .options import SPAN, Keys, Lexicon
from .tokens import words_of
from .vocabulary import CODES

BREAKS = frozenset(".?;\n,:-()su")
"""codes at which a clause ends"""
JOINTS = frozenset("&|/")
"""codes that join two options"""
GOING_ON = frozenset("bBKWnNwrhdcEi&|/FR")
"""codes that go on about the option before them; anything else behind a label begins its explanation"""

_code = CODES.get
_LISTED = re.compile(r"""(?<![\d.,])\d{1,2}(?:,\d{1,2}(?!\d))++(?=[ .)\]}"']{0,5}(?:$|\n))""")
"""numbers that end a line, not a quantity with its unit"""


class Mention(NamedTuple):
    """One place that names options."""

    keys: Keys
    letter: bool
    """by letter (or letter and text), not by text alone"""
    text: bool
    """the text stands there, with or without the letter"""


class Coded:
    """The words of an answer. A code may be "" (the word says nothing), a mention is ``O`` or ``Q``."""

    __slots__ = ("codes", "found", "lexicon", "lows", "upto", "words")

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        """Split and code every word by itself; what its neighbours make of it comes after."""
        self.lexicon = lexicon
        if lexicon.numbered and "," in text:
            text = _LISTED.sub(lambda run: run[0].replace(",", ", "), text)
        if lexicon.ranged and "-" in text:
            text = SPAN.sub(self._spelled_out, text)
        words: list[str] = words_of(text)
        if "'" in text or '"' in text:
            words = [word for word in words if word not in ("'", '"')]
        self.words = words
        self.lows = [word.lower() for word in words]
        self.codes = [_code(low, "x") for low in self.lows]
        self.found: list[Mention] = []
        self.upto = 0
        """words before this one are settled"""

    def _spelled_out(self, span: re.Match[str]) -> str:
        both = span[1].lower() in self.lexicon.keys and span[2].lower() in self.lexicon.keys
        return f"{span[1]} to {span[2]}" if both else span[0]

    def mark(self, start: int, end: int, mention: Mention) -> None:
        """Make one mention of the words from ``start`` to ``end``."""
        self.fill(start, end, "O")
        self.found.append(mention)

    def fill(self, start: int, end: int, code: str) -> None:
        """Give the words from ``start`` to ``end`` one code together."""
        self.codes[start:end] = [code] + [""] * (end - start - 1)
        self.upto = max(self.upto, end)

    def back(self, i: int) -> int:
        """Index of the nearest word before ``i`` that says something, or -1."""
        i -= 1
        while i >= 0 and not self.codes[i]:
            i -= 1
        return i

    def before(self, i: int) -> str:
        """Code of that word; a period at the beginning."""
        back = self.back(i)
        return self.codes[back] if back >= 0 else "."

    def at(self, i: int) -> str:
        """Code of word ``i``; a period past the end."""
        return self.codes[i] if i < len(self.codes) else "."

    def reads(self, start: int, words: tuple[str, ...]) -> bool:
        """Whether these words stand at ``start``."""
        return tuple(self.lows[start : start + len(words)]) == words

    def owns(self, start: int, keys: Keys | None) -> bool:
        """Whether the text of this option stands at ``start``."""
        own = self.lexicon.own.get(keys) if keys else None
        return own is not None and self.reads(start, own)

    def is_capital(self, i: int) -> bool:
        """Whether word ``i`` is the capital letter of an option."""
        return i < len(self.words) and self.words[i].isupper() and self.lows[i] in self.lexicon.keys
