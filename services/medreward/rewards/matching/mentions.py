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
from .vocabulary import CODES, IDIOMS, LABEL_NOUNS, NO_CONTENT, PLAIN_LABEL_NOUNS, QUALIFIERS

BREAKS = frozenset(".?;\n,:-()su")
_VERBS = frozenset("bBKWnNwrhdcEi&|/FR")
"""codes that go on about the option before them; anything else behind a label begins its explanation"""
_AFTER_A = frozenset("would will should must has had may might only alone too also".split())
_AFTER_I = frozenset("is and or".split())
_code = CODES.get


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
        words = words_of(text)
        if "'" in text or '"' in text:
            words = [word for word in words if word != "'" and word != '"']
        self.words: list[str] = words
        self.lows = lows = [word.lower() for word in words]
        self.codes = [_code(low, "x") for low in lows]
        self.found: list[Mention] = []
        self.upto = 0
        if lexicon.closed:
            self._unlabel()
        triggers = lexicon.triggers
        for i, low in enumerate(lows):
            if (low in triggers or words[i].isupper()) and i >= self.upto:
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
                self._qualify(i, i + size)
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

    def _unlabel(self) -> None:
        """Drop the letters of options that nobody listed: "B) No" is "No"."""
        codes = self.codes
        for i, word in enumerate(self.words):
            if len(word) == 1 and word.isalpha() and word.isupper() and word != "I":
                codes[i] = ""
                if i and self.lows[i - 1] in PLAIN_LABEL_NOUNS:
                    codes[i - 1] = ""
                if i + 1 < len(codes) and codes[i + 1] in ").:":
                    codes[i + 1] = ""
                    if i and codes[i - 1] == "(":
                        codes[i - 1] = ""

    # -- letters -------------------------------------------------------------------------------------------------

    def _letter(self, i: int, low: str) -> None:
        codes, words, lows = self.codes, self.words, self.lows
        keys = self.lexicon.keys.get(low) or frozenset([words[i]])
        back = self._back(i)
        before = codes[back] if back >= 0 else "."
        after = codes[i + 1] if i + 1 < len(codes) else "."
        upper = words[i].isupper()
        if after == ".":
            following = codes[i + 2] if i + 2 < len(codes) else "."
            if following in "bB":
                codes[i + 1] = ""
                after = following
            elif self.found and self._initial(i):
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
                if after == ")" and back and codes[back - 1] == "(":
                    codes[back - 1] = codes[i + 1] = ""
                    if self._before(back) in "xgv":
                        codes[i] = "Q"
                        self.found.append(Mention(keys, True, False))
                        self.upto = i + 1
                        return
            if codes[i + 1 : i + 2] == [")"]:
                self._close_label(i)
        elif before in BREAKS and after == ")":
            self._close_label(i)
        elif not (self._bare(i, low, before, back, after) if upper else self._small(i, before, back, after)):
            return
        self._mark(i, i + 1, Mention(keys, True, False))
        self._own_text(i, keys)

    def _close_label(self, i: int) -> None:
        """The bracket of "B)" sets off an explanation, unless the sentence goes on about B."""
        following = self.codes[i + 2] if i + 2 < len(self.codes) else "."
        self.codes[i + 1] = "" if following in _VERBS else ":"

    def _bare(self, i: int, low: str, before: str, back: int, after: str) -> bool:
        """Whether an unmarked capital between these neighbours is an option."""
        if before in "xg" and not self._judged(i + 1):
            return False
        if before in "&|/," and self._unnamed(back):
            return False
        if low not in self.lexicon.keys and after not in BREAKS:
            return False
        if after in BREAKS or after in "&|/" or self._is_capital(i + 1):
            return low != "i" or after != "," or self._listed(i, back, before)
        following = self.lows[i + 1]
        if low == "a":
            return after in "bBKncEiR" or following in _AFTER_A or (after == "d" and following.endswith("s"))
        if low == "i":
            return following in _AFTER_I
        return after not in "xgj" or self._owns(i + 1, self.lexicon.keys[low])

    def _judged(self, i: int) -> bool:
        """Whether a whole predicate follows ("is right"): then the word in front makes no compound of the letter."""
        if i >= len(self.codes) or self.codes[i] not in "bB":
            return False
        rest = "".join(self.codes[i + 1 : i + 4]).lstrip("fMWn")
        return rest[:1] in ("r", "w", "m", "o")

    def _unnamed(self, joint: int) -> bool:
        """Whether a joint goes on with a list whose last item is no option: "vitamins A and C"."""
        last = self._back(joint)
        if last < 0 or self.codes[last] == "O":
            return False
        return self._is_capital(last) or (self.codes[last] == "x" and self.codes[joint] != ",")

    def _listed(self, i: int, back: int, before: str) -> bool:
        """Whether "I," is an item of a list of letters and no pronoun."""
        return self._is_capital(i + 2) or (before in ",&|/;\n" and self._before(back) == "O")

    def _initial(self, i: int) -> bool:
        """Whether a letter and its period shorten a word ("C. difficile") rather than label what follows."""
        word = self.words[i + 2] if i + 2 < len(self.words) else ""
        return word.islower() and self.codes[i + 2] == "x" and not self._owns(i + 2, self.lexicon.keys.get(self.lows[i], frozenset()))

    def _small(self, i: int, before: str, back: int, after: str) -> bool:
        """Whether an unmarked small letter or number is an option: by itself, in a list, or closing a frame."""
        ends = after in BREAKS or (after in "&|/" and i + 2 < len(self.lows) and self.lows[i + 2] in self.lexicon.keys)
        if before in BREAKS and self._judged(i + 1):
            return True
        if not ends and not self._owns(i + 1, self.lexicon.keys.get(self.lows[i], frozenset())):
            return False
        if before in BREAKS:
            return True
        if before in "&|/":
            return self._before(back) == "O"
        return before in "bBmoyd" or (before in "fnc" and self.lows[i] not in "ai")

    def _letters(self, i: int, low: str) -> None:
        """Letters run together ("AC") count where a whole answer stands, and only if all of them are options."""
        keys = self.lexicon.run_together(low)
        if not keys:
            return
        before = self._before(i)
        after = self.codes[i + 1] if i + 1 < len(self.codes) else "."
        if after in BREAKS and (before in BREAKS or before in "bBmoy"):
            self._mark(i, i + 1, Mention(keys, True, False))

    def _own_text(self, i: int, keys: Keys) -> None:
        """Take the option's own text behind its letter into the same mention: "B. Clear", "B (clear)"."""
        own = self.lexicon.own.get(keys)
        if own is None:
            return
        start = i + 1
        codes = self.codes
        while start < len(codes) and start < i + 4 and not self._owns(start, keys):
            if codes[start] not in ".:-()" and self.lows[start] not in ("a", "an", "the"):
                return
            start += 1
        if not self._owns(start, keys) or self._longer(start, len(own)):
            return
        end = start + len(own)
        after = codes[end] if end < len(codes) else "."
        if after not in BREAKS and (len(own) == 1 and own[0] in CODES or "." in codes[i + 1 : start]):
            if not (own == ("no",) and ":" in codes[i + 1 : start]):
                return
        self.found[-1] = Mention(keys, True, True)
        opened = "(" in codes[i + 1 : start]
        self._fill(i + 1, end, "")
        if opened and after == ")":
            codes[end] = ""
        if after not in BREAKS and after not in _VERBS:
            codes[end - 1] = ":"

    def _longer(self, start: int, size: int) -> bool:
        """Whether a longer text than the option's own begins there: "B. Opacity, left" with "Opacity" for B."""
        return any(
            len(words) > size and tuple(self.lows[start : start + len(words)]) == words
            for words, _, _ in self.lexicon.phrases.get(self.lows[start], ())
        )

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
        if before in BREAKS or before in "mo" or (before in "&|/" and self._before(back) == "O"):
            return True
        return before in "bB" and self._before(back) in "mo"

    def _qualify(self, start: int, end: int) -> None:
        """Make prose of a qualifier at a text: "right pleural effusion" is not the option "pleural effusion"."""
        back = self._back(start)
        if back >= 0 and self.lows[back] in QUALIFIERS:
            self.codes[back] = "x"
        if end < len(self.lows) and self.lows[end] == "right":
            self.codes[end] = "x"

    def _no(self, i: int, keys: Keys) -> None:
        """ "No" answers as a whole clause, and opening the answer; anywhere else it belongs to the noun behind it."""
        back = self._back(i)
        before = self.codes[back] if back >= 0 else "."
        after = self.codes[i + 1] if i + 1 < len(self.codes) else "."
        if after in BREAKS or after in "&|/":
            self._mark(i, i + 1, Mention(keys, False, True))
        elif i and not self.codes[i - 1] and back < i - 1 and self._labelled(i):
            self._mark(i, i + 1, Mention(keys, False, True))
            self.codes[i] = "O" if after in _VERBS else "O,"
        elif not self.found and (back < 0 or before == ":" or (before in "\n-" and self._before(back) in ":.")):
            if after not in "rSeh" and self.lows[i + 1] not in NO_CONTENT:
                self._mark(i, i + 1, Mention(keys, False, True))
                self.codes[i] = "O" if after in "bB" else "O,"

    def _labelled(self, i: int) -> bool:
        """Whether a dropped label ("B)") stands right before ``i``."""
        label = self.words[i - 1] if self.words[i - 1].isalpha() or i < 2 else self.words[i - 2]
        return len(label) == 1 and label.isupper()

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
