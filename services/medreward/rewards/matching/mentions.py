"""Mentions: which words of an answer name an option.

The answer becomes a string of codes (``vocabulary.py``), one a word, in which every mention is an ``O``. A text is a
mention where its words stand; what a letter needs is told in ``letters.py``. A letter in brackets behind prose ("a
small nodule (B)") points at what is described: ``Q``.
"""

from __future__ import annotations

from .coded import BREAKS, GOING_ON, JOINTS, Mention
from .letters import Letters
from .options import Keys, Lexicon
from .vocabulary import IDIOMS, NO_CONTENT, PLAIN_LABEL_NOUNS, QUALIFIERS

_CROSSES = frozenset("❌✗✘👎")


class Scan(Letters):
    """One left-to-right pass over the words of an answer."""

    __slots__ = ()

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        """Code every word, then visit only those that may name an option or open an idiom."""
        super().__init__(text, lexicon)
        if lexicon.closed:
            self._drop_labels()
        if "%" in text:
            self._level_percentages()
        triggers, words = lexicon.triggers, self.words
        for i, low in enumerate(self.lows):
            if (low in triggers or words[i].isupper()) and i >= self.upto:
                self._visit(i, low)
        if not self.found:
            self._promote()

    def _visit(self, i: int, low: str) -> None:
        lexicon = self.lexicon
        is_key = low in lexicon.keys
        for words, keys, soft in lexicon.phrases.get(low, ()):
            size = len(words)
            if (size == 1 and is_key) or (size > 1 and not self.reads(i, words)):
                continue
            if low == "no" and size == 1:
                break
            if self._denied_apart(i, words):
                return
            if not soft or self._alone(i):
                self._qualify(i, i + size)
                self.mark(i, i + size, Mention(keys, False, True))
                if lexicon.closed and not i and self._explains():
                    self.codes[0] = "O,"
                return
        for rest, code in IDIOMS.get(low, ()):
            if self.reads(i + 1, rest):
                if code != "*":
                    self.fill(i, i + 1 + len(rest), code)
                elif not lexicon.closed:
                    self.mark(i, i + 1 + len(rest), Mention(lexicon.everything, False, False))
                return
        if is_key:
            self.letter(i, low)
        elif low == "no" and lexicon.no:
            self._no(i, lexicon.no)
        elif len(low) > 1:
            self.run_together(i, low)
        elif not lexicon.closed and low.isalpha() and low != "i":
            self.letter(i, low)

    # -- texts ---------------------------------------------------------------------------------------------------

    def _alone(self, i: int) -> bool:
        """Whether a soft text stands by itself: a whole clause, a list item, or what "the answer is" ends in."""
        after = self.at(i + 1)
        if after not in BREAKS and after not in JOINTS:
            return False
        back = self.back(i)
        before = self.codes[back] if back >= 0 else "."
        if before in BREAKS or before in ("m", "o") or (before in JOINTS and self.before(back) == "O"):
            return True
        if before == "n" and self.found and self.found[-1].text:
            return self.before(back) == "," and not self.lexicon.closed  # "left, not right"
        return before in ("b", "B") and self.before(back) in ("m", "o")

    def _denied_apart(self, i: int, words: tuple[str, ...]) -> bool:
        """Whether "no, effusion" might mean either, because "no effusion" is an option too."""
        if i < 2 or self.codes[i - 1] not in (",", ":", ";", "-") or self.codes[i - 2] not in ("n", "N"):
            return False
        denied = (self.lows[i - 2], *words)
        return any(phrase == denied for phrase, _, _ in self.lexicon.phrases.get(denied[0], ()))

    def _explains(self) -> bool:
        """Whether the words behind an opening yes only explain it: "Yes there is a mass"."""
        after = self.at(1)
        return after not in BREAKS and after not in GOING_ON and self.lexicon.phrases.keys().isdisjoint(self.lows[1:])

    def _qualify(self, start: int, end: int) -> None:
        """Make prose of a qualifier at a text: "right pleural effusion" is not the option "pleural effusion"."""
        back = self.back(start)
        if back >= 0 and back == start - 1 and self.lows[back] in QUALIFIERS:
            self.codes[back] = "x"
        if end < len(self.lows) and self.lows[end] == "right":
            self.codes[end] = "x"

    def _promote(self) -> None:
        """A soft text that ends "it is right" is the answer when nothing else could be."""
        for i, low in enumerate(self.lows):
            for words, keys, soft in self.lexicon.phrases.get(low, ()):
                if soft and len(words) == 1 and low != "no" and self.at(i + 1) in BREAKS and self._linked(i):
                    self.mark(i, i + 1, Mention(keys, False, True))

    def _linked(self, i: int) -> bool:
        back = self.back(i)
        return back >= 0 and (self.codes[back] in ("b", "B") or self.lows[back] in ("it's", "that's"))

    # -- no ------------------------------------------------------------------------------------------------------

    def _no(self, i: int, keys: Keys) -> None:
        """ "No" answers as a whole clause, and opening the answer; anywhere else it belongs to the noun behind it."""
        back = self.back(i)
        before, after = (self.codes[back] if back >= 0 else "."), self.at(i + 1)
        mention = Mention(keys, False, True)
        if after in BREAKS or after in JOINTS:
            self.mark(i, i + 1, mention)
        elif back < i - 1 and self._behind_label(i):
            self.mark(i, i + 1, mention)
            self.codes[i] = "O" if after in GOING_ON else "O,"
        elif self._opens(back, before) and after not in ("r", "S", "e", "h") and self.lows[i + 1] not in NO_CONTENT:
            self.mark(i, i + 1, mention)
            self.codes[i] = "O" if after in ("b", "B") else "O,"

    def _opens(self, back: int, before: str) -> bool:
        """Whether an answer begins behind word ``back``: the text itself, or what "Answer:" announced."""
        if self.found:
            return False
        return back < 0 or before == ":" or (before in ("\n", "-") and self.before(back) in (":", "."))

    def _behind_label(self, i: int) -> bool:
        """Whether a dropped label ("B)") stands right before ``i``."""
        label = self.words[i - 1] if self.words[i - 1].isalpha() or i < 2 else self.words[i - 2]
        return len(label) == 1 and label.isupper()

    def _drop_labels(self) -> None:
        """Drop the letters of options that nobody listed ("B) No" is "No"), and a cross beside a no: it agrees."""
        codes = self.codes
        for i, word in enumerate(self.words):
            if word in _CROSSES:
                codes[i] = ""
            elif len(word) == 1 and word.isalpha() and word.isupper() and word != "I":
                codes[i] = ""
                if i and self.lows[i - 1] in PLAIN_LABEL_NOUNS:
                    codes[i - 1] = ""
                if self.at(i + 1) in (")", ".", ":") and i + 1 < len(codes):
                    codes[i + 1] = ""
                    if i and codes[i - 1] == "(":
                        codes[i - 1] = ""

    def _level_percentages(self) -> None:
        """ "60% B, 40% C" names two options: a share is no prose."""
        for i, word in enumerate(self.words):
            if word == "%":
                self.codes[max(0, i - 1)] = self.codes[i] = "f"
