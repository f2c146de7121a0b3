"""Mentions: which words of an answer name an option.

The answer becomes a string of codes (``vocabulary.py``), one a word, in which every mention is an ``O``. A text is a
mention where its words stand; a letter only where it cannot be anything else: bracketed, labelling, after "option", or
between words of answer talk. So "A lung mass" holds an article, "vitamin C" and "C-spine" a compound, "I think" a
pronoun. A letter in brackets behind prose ("a small nodule (B)") points at what is described: ``Q``.
"""

from __future__ import annotations

from typing import NamedTuple

from .options import Keys, Lexicon
from .tokens import words_of
from .vocabulary import CODES, IDIOMS, LABEL_NOUNS, NO_CONTENT, PLAIN_LABEL_NOUNS

BREAKS = frozenset(".?;\n,:-()su")
_JOINERS = frozenset("&|/,")
_AFTER_A = frozenset("would will should must has had may might only alone too also".split())
_AFTER_I = frozenset("is and or".split())
_IDIOMS = frozenset(IDIOMS)


class Mention(NamedTuple):
    """One place that names options."""

    keys: Keys
    letter: bool
    """by letter (or letter and text), not by text alone"""
    text: bool
    """the text stands there, with or without the letter"""


class Scan:
    """One left-to-right pass over the words of an answer."""

    __slots__ = ("codes", "found", "lexicon", "lows", "upto", "words")

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        """Code every word, then visit only those that may name an option or open an idiom."""
        self.lexicon = lexicon
        self.words = words = [word for word in words_of(text) if word != "'" and word != '"']
        self.lows = lows = [word.lower() for word in words]
        self.codes = [CODES.get(low, "x") for low in lows]
        self.found: list[Mention] = []
        self.upto = 0
        if lexicon.closed:
            self.codes = ["f" if len(w) == 1 and w.isalpha() else c for w, c in zip(words, self.codes, strict=True)]
        phrases, keys = lexicon.phrases, lexicon.keys
        for i, low in enumerate(lows):
            if (low in phrases or low in keys or low in _IDIOMS or words[i].isupper()) and i >= self.upto:
                self._visit(i, low)
        if not self.found:
            self._promote()

    def _visit(self, i: int, low: str) -> None:
        lexicon = self.lexicon
        is_key = low in lexicon.keys
        for words, keys, soft in lexicon.phrases.get(low, ()):
            size = len(words)
            if (size == 1 and is_key) or (size > 1 and tuple(self.lows[i : i + size]) != words):
                continue
            if low == "no" and size == 1:
                break
            if not soft or self._alone(i):
                self._mark(i, i + size, Mention(keys, False, True))
                return
        for rest, code in IDIOMS.get(low, ()):
            if tuple(self.lows[i + 1 : i + 1 + len(rest)]) == rest:
                if code != "*":
                    self._fill(i, i + 1 + len(rest), code)
                elif not lexicon.closed:
                    self._mark(i, i + 1 + len(rest), Mention(lexicon.everything, False, False))
                return
        if is_key:
            self._letter(i, low)
        elif low == "no" and lexicon.no:
            self._no(i, lexicon.no)
        elif len(low) > 1:
            self._letters(i, low)
        elif not lexicon.closed and not low.isdigit() and low != "i":
            self._letter(i, low)

    # -- letters -------------------------------------------------------------------------------------------------

    def _letter(self, i: int, low: str) -> None:
        codes, words, lows = self.codes, self.words, self.lows
        keys = self.lexicon.keys.get(low) or frozenset([words[i]])
        back = self._back(i)
        before = codes[back] if back >= 0 else "."
        after = codes[i + 1] if i + 1 < len(codes) else "."
        upper = words[i].isupper()
        if after == "." and self.found and self._initial(i):
            return
        if before == "(" and after == ")":
            far = self._back(back)
            outer = codes[far] if far >= 0 else "."
            self._fill(back, back + 1, "")
            codes[i + 1] = ":" if outer in BREAKS else ""
            if outer in "xgv":
                codes[i] = "Q"
                self.found.append(Mention(keys, True, False))
                self.upto = i + 1
                return
            if far >= 0 and lows[far] in PLAIN_LABEL_NOUNS:
                codes[far] = ""
        elif back >= 0 and lows[back] in LABEL_NOUNS and (after in BREAKS or (upper and after != "x") or low not in "ai"):
            if lows[back] in PLAIN_LABEL_NOUNS:
                codes[back] = ""
        elif before in BREAKS and after == ")":
            codes[i + 1] = ":"
        elif not (self._bare(i, low, before, back, after) if upper else self._small(i, before, back, after)):
            return
        self._mark(i, i + 1, Mention(keys, True, False))
        self._own_text(i, keys)

    def _bare(self, i: int, low: str, before: str, back: int, after: str) -> bool:
        """Whether an unmarked capital between these neighbours is an option."""
        if before in "xg" or (before in "&|/" and self._before(back) == "x"):
            return False
        if low not in self.lexicon.keys and after not in BREAKS:
            return False
        if after in BREAKS or after in "&|/" or self._is_capital(i + 1):
            return low != "i" or after != "," or before == "O"
        following = self.lows[i + 1]
        if low == "a":
            return after in "bBKncEiR" or following in _AFTER_A or (after == "d" and following.endswith("s"))
        if low == "i":
            return following in _AFTER_I
        return after not in "xgj" or self._owns(i + 1, self.lexicon.keys[low])

    def _initial(self, i: int) -> bool:
        """Whether a letter and its period shorten a word ("C. difficile") rather than label what follows."""
        word = self.words[i + 2] if i + 2 < len(self.words) else ""
        return word.islower() and self.codes[i + 2] == "x" and not self._owns(i + 2, self.lexicon.keys.get(self.lows[i], frozenset()))

    def _small(self, i: int, before: str, back: int, after: str) -> bool:
        """Whether an unmarked small letter or number is an option: by itself, in a list, or closing a frame."""
        ends = after in BREAKS or (after in "&|/" and i + 2 < len(self.lows) and self.lows[i + 2] in self.lexicon.keys)
        if not ends and not self._owns(i + 1, self.lexicon.keys.get(self.lows[i], frozenset())):
            return False
        if before in BREAKS:
            return True
        if before in "&|/":
            return self._before(back) == "O"
        return before in "bBmyd" or (before in "fnc" and self.lows[i] not in "ai")

    def _letters(self, i: int, low: str) -> None:
        """Letters run together ("AC") count where a whole answer stands, and only if all of them are options."""
        keys = self.lexicon.keys
        if not all(letter in keys for letter in low) or len(set(low)) != len(low):
            return
        before = self._before(i)
        after = self.codes[i + 1] if i + 1 < len(self.codes) else "."
        if after in BREAKS and (before in BREAKS or before in "bBmy"):
            self._mark(i, i + 1, Mention(frozenset().union(*(keys[letter] for letter in low)), True, False))

    def _own_text(self, i: int, keys: Keys) -> None:
        """Take the option's own text behind its letter into the same mention: "B. Clear", "B (clear)"."""
        own = self.lexicon.own.get(keys)
        if own is None:
            return
        start = i + 1
        codes = self.codes
        while start < len(codes) and start < i + 4 and (codes[start] in ".:-()" or self.lows[start] in ("a", "an", "the")):
            start += 1
        if not self._owns(start, keys):
            return
        end = start + len(own)
        after = codes[end] if end < len(codes) else "."
        if after not in BREAKS and (len(own) == 1 and own[0] in CODES or "." in codes[i + 1 : start]):
            if not (own == ("no",) and ":" in codes[i + 1 : start]):
                return
        self.found[-1] = Mention(keys, True, True)
        # An opened bracket stays until it closes; nothing else between letter and text says anything.
        self._fill(i + 1, end, "")
        if after not in BREAKS:
            codes[end - 1] = ":"

    def _owns(self, start: int, keys: Keys) -> bool:
        own = self.lexicon.own.get(keys)
        return own is not None and tuple(self.lows[start : start + len(own)]) == own

    def _is_capital(self, i: int) -> bool:
        return i < len(self.words) and len(self.words[i]) == 1 and self.words[i].isupper() and self.lows[i] in self.lexicon.keys

    # -- texts ---------------------------------------------------------------------------------------------------

    def _alone(self, i: int) -> bool:
        """Whether a soft text stands by itself: a whole clause, a list item, or what "the answer is" ends in."""
        after = self.codes[i + 1] if i + 1 < len(self.codes) else "."
        if after not in BREAKS and after not in "&|/":
            return False
        back = self._back(i)
        before = self.codes[back] if back >= 0 else "."
        if before in BREAKS or before == "m" or (before in "&|/" and self._before(back) == "O"):
            return True
        return before in "bB" and self._before(back) == "m"

    def _no(self, i: int, keys: Keys) -> None:
        """ "No" answers as a whole clause, and opening the answer; anywhere else it belongs to the noun behind it."""
        back = self._back(i)
        before = self.codes[back] if back >= 0 else "."
        after = self.codes[i + 1] if i + 1 < len(self.codes) else "."
        if after in BREAKS or after in "&|/":
            self._mark(i, i + 1, Mention(keys, False, True))
        elif not self.found and (back < 0 or before == ":" or (before in "\n-" and self._before(back) in ":.")):
            if after not in "rSeh" and self.lows[i + 1] not in NO_CONTENT:
                self._mark(i, i + 1, Mention(keys, False, True))
                self.codes[i] = "O:"

    def _promote(self) -> None:
        """A soft text that ends "it is right" is the answer when nothing else could be."""
        for i, low in enumerate(self.lows):
            for words, keys, soft in self.lexicon.phrases.get(low, ()):
                after = self.codes[i + 1] if i + 1 < len(self.codes) else "."
                if soft and len(words) == 1 and low != "no" and after in BREAKS and self._before(i) in "bB":
                    self._mark(i, i + 1, Mention(keys, False, True))

    # -- codes ---------------------------------------------------------------------------------------------------

    def _mark(self, start: int, end: int, mention: Mention) -> None:
        self._fill(start, end, "O")
        self.found.append(mention)

    def _fill(self, start: int, end: int, code: str) -> None:
        self.codes[start:end] = [code] + [""] * (end - start - 1)
        self.upto = max(self.upto, end)

    def _back(self, i: int) -> int:
        """Index of the nearest coded word before ``i``, or -1."""
        i -= 1
        while i >= 0 and not self.codes[i]:
            i -= 1
        return i

    def _before(self, i: int) -> str:
        back = self._back(i)
        return self.codes[back] if back >= 0 else "."
