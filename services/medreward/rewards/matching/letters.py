"""Letters: when a single letter is an option.

"A lung mass" begins with an article, "vitamin C" and "C-spine" are compounds, "I think" has a pronoun and
"C. difficile" an abbreviation. So a letter is an option where it is marked (bracketed, labelling a line, after
"option"), or where it stands between words of answer talk. A small letter has to stand by itself. A capital that no
option has counts the same way at the end of a clause: "E." among A to D chooses something, only not an option.
"""

from __future__ import annotations

from .coded import BREAKS, GOING_ON, JOINTS, Coded, Mention
from .options import Keys
from .vocabulary import CODES, LABEL_NOUNS, PLAIN_LABEL_NOUNS

_AFTER_A = frozenset(("would", "will", "should", "must", "has", "had", "may", "might", "only", "alone", "too", "also"))
_AFTER_I = frozenset(("is", "and", "or"))
_CROSSES = frozenset("❌✗✘👎")
_ARTICLES = frozenset(("a", "an", "the"))


class Letters(Coded):
    """The part of the scan that decides about letters."""

    __slots__ = ()

    def letter(self, i: int, low: str) -> None:
        """Mark word ``i``, a single letter or number, if it is an option."""
        codes = self.codes
        keys = self.lexicon.keys.get(low) or frozenset([self.words[i]])
        back = self.back(i)
        before, after = (codes[back] if back >= 0 else "."), self.at(i + 1)
        upper = self.words[i].isupper()
        if after == ".":
            if self.at(i + 2) in ("b", "B"):  # "A. is wrong"
                codes[i + 1] = ""
                after = codes[i + 2]
            elif self.found and self._shortens(i):
                return
        if before == "(" and after == ")":
            if self._bracketed(i, back, keys):
                return
        elif (
            back >= 0
            and self.lows[back] in LABEL_NOUNS
            and (after in BREAKS or low not in "ai" or (upper and after != "x"))
        ):
            if self._labelled(i, back, keys):
                return
        elif before in BREAKS and after == ")":
            self._close_label(i)
        elif not (self._capital(i, low, before, back, after) if upper else self._small(i, low, before, back, after)):
            return
        self.mark(i, i + 1, Mention(keys, True, False))
        self._take_text(i, keys)

    def run_together(self, i: int, low: str) -> None:
        """Mark "AC" where a whole answer stands, if every letter is an option."""
        keys = self.lexicon.run_together(low)
        if keys and self.at(i + 1) in BREAKS and (self.before(i) in BREAKS or self.before(i) in "bBmoy"):
            self.mark(i, i + 1, Mention(keys, True, False))

    # -- marked --------------------------------------------------------------------------------------------------

    def _bracketed(self, i: int, back: int, keys: Keys) -> bool:
        """Take "(B)" out of its brackets; True when it only points at prose in front of it."""
        far = self.back(back)
        outer = self.codes[far] if far >= 0 else "."
        self.codes[back] = ""
        self.codes[i + 1] = ":" if outer in BREAKS else ""
        if far >= 0 and self.lows[far] in PLAIN_LABEL_NOUNS:
            self.codes[far] = ""
        return self._points(i, outer, keys)

    def _labelled(self, i: int, back: int, keys: Keys) -> bool:
        """Take "option" off "option B"; True when all of it is a bracket that points at prose."""
        if self.lows[back] in PLAIN_LABEL_NOUNS:
            self.codes[back] = ""
            if self.at(i + 1) == ")" and back and self.codes[back - 1] == "(":
                self.codes[back - 1] = self.codes[i + 1] = ""
                return self._points(i, self.before(back), keys)
        if self.at(i + 1) == ")":
            self._close_label(i)
        return False

    def _points(self, i: int, outer: str, keys: Keys) -> bool:
        if outer not in ("x", "g", "v"):
            return False
        self.codes[i] = "Q"
        self.found.append(Mention(keys, True, False))
        self.upto = i + 1
        return True

    def _close_label(self, i: int) -> None:
        """The bracket of "B)" sets off an explanation, unless the sentence goes on about B."""
        self.codes[i + 1] = "" if self.at(i + 2) in GOING_ON else ":"

    def _take_text(self, i: int, keys: Keys) -> None:
        """Take the option's own text behind its letter into the same mention: "B. Clear", "B (clear)"."""
        codes = self.codes
        own = self.lexicon.own.get(keys, ())
        start = i + 1
        while start < min(len(codes), i + 4) and not self.owns(start, keys):
            if codes[start] not in ".:-()" and self.lows[start] not in _ARTICLES:
                return
            start += 1
        if not self.owns(start, keys) or self._longer_text(start, len(own)):
            return
        end = start + len(own)
        between, after = codes[i + 1 : start], self.at(end)
        if after not in BREAKS and not self._is_label(end):
            # Further words make it prose ("B. Clear lungs"), unless the label left no doubt ("B) No this is ...").
            soft = len(own) == 1 and own[0] in CODES
            if soft and not (own == ("no",) and ":" in between):
                return
            if "." in between and after not in JOINTS:
                return
        self.found[-1] = Mention(keys, True, True)
        self.fill(i + 1, end, "")
        if "(" in between and after == ")":
            codes[end] = ""
        if after not in BREAKS and after not in GOING_ON and not self._is_label(end):
            codes[end - 1] = ":"

    def _is_label(self, i: int) -> bool:
        """Whether the next label of a list stands here: the "B)" in "A) Opacity B) Clear"."""
        return self.at(i + 1) in (".", ")", ":") and self.lows[i] in self.lexicon.keys and not self.words[i].islower()

    def _longer_text(self, start: int, size: int) -> bool:
        """Whether a longer text than the option's own begins there: "B. Opacity, left" with "Opacity" for B."""
        phrases = self.lexicon.phrases.get(self.lows[start], ())
        return any(len(words) > size and self.reads(start, words) for words, _, _ in phrases)

    # -- bare ----------------------------------------------------------------------------------------------------

    def _capital(self, i: int, low: str, before: str, back: int, after: str) -> bool:
        """Whether an unmarked capital between these neighbours is an option."""
        if before in ("x", "g") and not self._judged(i + 1):
            return False
        if (before in JOINTS or before == ",") and self._goes_on_from_prose(back):
            return False
        if low not in self.lexicon.keys and after not in BREAKS:
            return False
        if after in BREAKS or after in JOINTS or self.is_capital(i + 1):
            return low != "i" or after != "," or self._listed(i, back, before)
        following = self.lows[i + 1]
        if following in ("to", "through") and self.is_capital(i + 2):
            self.codes[i + 1] = "|"  # a range leaves open which one
            return True
        if low == "a":
            verb = after == "d" and following.endswith("s")
            return verb or after in "bBKncEiR" or following in _AFTER_A or following in _CROSSES
        if low == "i":
            return following in _AFTER_I
        return after not in ("x", "g", "j") or self.owns(i + 1, self.lexicon.keys[low])

    def _small(self, i: int, low: str, before: str, back: int, after: str) -> bool:
        """Whether an unmarked small letter or number is an option: by itself, in a list, or closing a frame."""
        begins = before in BREAKS or (before in JOINTS and self.before(back) == "O")
        if begins and self._judged(i + 1):
            return True
        listed = after in JOINTS and i + 2 < len(self.lows) and self.lows[i + 2] in self.lexicon.keys
        if not listed and after not in BREAKS and not self.owns(i + 1, self.lexicon.keys.get(low)):
            return False
        if before in JOINTS:
            return self.before(back) == "O"
        return before in BREAKS or before in "bBmoyd" or (before in "fHnc" and low not in "ai")

    def _judged(self, i: int) -> bool:
        """Whether a whole predicate follows ("is right"): then the word in front makes no compound of the letter."""
        if self.at(i) not in ("b", "B"):
            return False
        return "".join(self.codes[i + 1 : i + 4]).lstrip("fMWnH")[:1] in ("r", "w", "m", "o")

    def _goes_on_from_prose(self, joint: int) -> bool:
        """Whether a joint goes on with a list whose last item is no option: "vitamins A and C"."""
        last = self.back(joint)
        if last < 0 or self.codes[last] == "O":
            return False
        return self.is_capital(last) or (self.codes[last] == "x" and self.codes[joint] != ",")

    def _listed(self, i: int, back: int, before: str) -> bool:
        """Whether "I," is an item of a list of letters and no pronoun."""
        return self.is_capital(i + 2) or (before in ",&|/;\n" and self.before(back) == "O")

    def _shortens(self, i: int) -> bool:
        """Whether a letter and its period shorten a word ("C. difficile") rather than label what follows."""
        word = self.words[i + 2] if i + 2 < len(self.words) else ""
        return word.islower() and self.codes[i + 2] == "x" and not self.owns(i + 2, self.lexicon.keys.get(self.lows[i]))
