"""What a text says: its units of meaning, each asserted, denied or doubted, and how they are joined.

One pass over the tokens. A word that steers (``control``) changes the state, a form of the vocabulary gives its units,
a number gives a quantity, any other word is a unit of its own.
"""

from __future__ import annotations

from medreward.remember import remember

from .common_words import COMMON
from .control import NOT_A_SIDE_AFTER, PHRASES, SINGLE, SUBJECTS, Sign, likelier, refers_back
from .lexicon import LEXICON, LIGHT, Kind
from .quantities import Quantity, quantity_at
from .text import Token, plain, tokens
from .units import WEIGHTS, Reading, Unit
from .words import stem

_COMMON_WEIGHT = 0.4
_MORE = 0.4
"""that each further word of a finding's name adds to its weight: "Creutzfeldt-Jakob disease" """
_MOST = 2.0
_TAIL = 0.5
"""of a unit that only tells the circumstances: "due to ...", or stands in brackets"""
_RELATIVES = frozenset(("that", "which", "who"))
_STOPS = frozenset(".;?!\n")
_BREAKS = frozenset(',():/"')


@remember(16_384, longest=256)
def read(text: str) -> Reading:
    """Reads a text; never fails."""
    return _Reader(tokens(plain(text))).run()


class _Reader:
    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.units: list[Unit] = []
        self.joins: list[str] = [""]
        self.clause = 0
        self.segment = 0
        self.denied = False
        self.deny_segment = 0
        self.denied_at = -9
        self.denied_units = 0
        self.hedged_units = 0
        self.once = False
        """only the next unit is denied: "non-displaced" """
        self.hedged = False
        self.tail = 1.0
        self.bracket = 1.0
        self.denied_outside = False
        self.start = 0
        """first unit that a predicate behind it may speak of"""
        self.clause_start = 0
        self.previous_start = 0
        self.colon = False
        self.linked = False
        self.seen_link = False

    def run(self) -> Reading:
        words = self.words
        says, at = self._particle()
        while at < len(words):
            at += self._step(at)
        self._close()
        spoken = [token.text for token in words if token.text[0].isalnum()]
        if not self.units:
            self.units = [
                Unit(stem(word), "word", False, False, 0, 0, 0.3, known=False) for word in spoken[:64] if len(word) > 1
            ]
            if says is not None:
                self.units = []
        return Reading(
            tuple(self.units),
            says,
            tuple(self.joins),
            len(spoken),
            len(set(spoken)),
            self.linked,
            "".join(word[0] for word in spoken if word not in LIGHT),
            frozenset(unit.name for unit in self.units),
        )

    def _particle(self) -> tuple[bool | None, int]:
        """ "Yes, ..." and "No, there is ..." answer; "no effusion" denies."""
        at = 0
        while at < len(self.words) and not self.words[at].text[0].isalnum():
            at += 1
        if at < len(self.words) and self.words[at].text in ("answer", "the"):
            ahead = at
            while ahead < min(len(self.words), at + 5) and self.words[ahead].text in ("the", "answer", "is", ":", '"'):
                ahead += 1
            if ahead > at + 1 and ahead < len(self.words) and self.words[ahead].text in ("yes", "no"):
                at = ahead
        if at >= len(self.words) or self.words[at].text not in ("yes", "no", "yeah", "yep", "nope"):
            return None, 0
        said = self.words[at].text.startswith("y")
        after = self.words[at + 1].text if at + 1 < len(self.words) else "."
        both = any(token.text in ("yes", "no") for token in self.words[at + 1 : at + 4])
        if both and after in ("and", "or", "/", ",", "but"):
            self.hedged = True
            return None, at + 1
        if said or not after[0].isalnum() or after in SUBJECTS:
            return said, at + 1
        return None, 0

    def _step(self, at: int) -> int:
        token = self.words[at]
        text = token.text
        if not text[0].isalnum():
            self._mark(text, at)
            return 1
        phrase = self._phrase(at)
        if phrase is not None:
            sign, taken = phrase
            self._steer(sign, at)
            return taken
        # a form of the vocabulary comes before a steering word: "normal limits", "left and right"
        form = self._form(at)
        if form:
            return form
        if (
            text == "no"
            and len(self.units) == self.clause_start
            and self.words[at + 1 : at + 2]
            and (self.words[at + 1].text == ",")
        ):
            return 1  # "... on the left. No, on the right."
        if text == "than" and likelier(self.words, at):
            self._deny(at)  # "more likely edema than pneumonia"
            return 1
        if text in SINGLE and not (token.written == "May" and self._in_date(at)):
            self._steer(SINGLE[text], at)
            return 1
        if text == "free" and at and self.words[at - 1].text == "-":
            self._absent(at)  # "hemorrhage-free"
            return 1
        if text == "non":
            self._deny(at)
            self.once = True
            return 1
        if text in LIGHT:
            if text == "with":
                self._segment("")  # what it brings in is no alternative of what stood before
            return 1
        found = quantity_at(self.words, at)
        if found is not None:
            quantity, taken = found
            name = f"#{quantity.value:.9g}{quantity.dimension}"
            self._add(name, "number", False, WEIGHTS["number"], quantity, True)
            return taken
        if token.written == "May" and self._in_date(at):
            self._add("may_month", "month", False, WEIGHTS["month"], None, True)
            return 1
        name = stem(text)
        if len(text) == 1:
            if token.written in "LR" and self._alone(at):
                side = "left" if token.written == "L" else "right"
                self._add(side, "side", False, WEIGHTS["side"], None, True)
            elif not text.isascii() or len(self.words) <= 3 or self._letter(at):
                self._add(text, "word", False, 1.0, None, False)
            return 1
        self._add(name, "word", False, _COMMON_WEIGHT if text in COMMON else 1.0, None, False)
        return 1

    def _in_date(self, at: int) -> bool:
        """ "May 2015", "3 May": the month, not the verb."""
        around = [token.text for token in self.words[max(0, at - 2) : at + 3] if token.text not in (",", "of")]
        return any(text[0].isdigit() for text in around)

    def _alone(self, at: int) -> bool:
        after = self.words[at + 1].text if at + 1 < len(self.words) else "."
        return len(self.words) <= 2 or (after not in (".", "'", ":", ")") and stem(after) in LEXICON.forms)

    def _letter(self, at: int) -> bool:
        """ "hepatitis B", "the letter Q": a letter that names something; not an initial, an article or "I"."""
        token = self.words[at]
        after = self.words[at + 1].text if at + 1 < len(self.words) else ""
        initial = after == "." and at + 2 < len(self.words) and self.words[at + 2].text != "\n"
        return token.written.isupper() and token.written != "I" and at > 0 and not initial

    def _phrase(self, at: int) -> tuple[Sign, int] | None:
        for words, sign in PHRASES.get(self.words[at].text, ()):
            end = at + len(words)
            if end <= len(self.words) and all(self.words[at + i].text == word for i, word in enumerate(words[1:], 1)):
                return sign, len(words)
        return None

    def _form(self, at: int) -> int:
        token = self.words[at]
        entries = LEXICON.forms.get(stem(token.text))
        if entries is None:
            return 0
        for entry in entries:
            if entry.capitals and not (token.written.isupper() or len(self.words) <= 2):
                continue
            taken = self._match(entry.stems, at)
            if not taken:
                continue
            if len(entry.units) == 1 and taken == 1:
                name, absent = entry.units[0]
                if LEXICON.kinds[name] == "side" and token.text in ("left", "right") and not self._is_side(at):
                    self._add(f"{name}~", "word", False, _COMMON_WEIGHT, None, False)
                    return 1
            for name, absent in entry.units:
                kind = LEXICON.kinds[name]
                several = kind == "finding" and len(entry.units) == 1
                weight = WEIGHTS[kind] * (min(_MOST, 1 + _MORE * (len(entry.stems) - 1)) if several else 1.0)
                self._add(name, kind, absent, weight, None, True, at)
            return taken
        return 0

    def _match(self, stems: tuple[str, ...], at: int) -> int:
        end = at + 1
        for wanted in stems[1:]:
            while end < len(self.words) and (self.words[end].text in LIGHT or self.words[end].text == "-"):
                end += 1
            if end >= len(self.words) or stem(self.words[end].text) != wanted:
                return 0
            end += 1
        return end - at

    def _is_side(self, at: int) -> bool:
        """ "left" and "right" as places, not "left the band", "the right to vote"."""
        after = self.words[at + 1].text if at + 1 < len(self.words) else "."
        before = self.words[at - 1].text if at else ","
        if after in NOT_A_SIDE_AFTER:
            if after == "and" and at + 2 < len(self.words) and stem(self.words[at + 2].text) in LEXICON.forms:
                return True  # "left and top"
            return before in ("the", "on", "both") and after not in ("to", "answer")
        return True

    def _add(
        self, name: str, kind: Kind, absent: bool, weight: float, quantity: Quantity | None, known: bool, at: int = -1
    ) -> None:
        denied = self.denied
        if absent and denied:
            # "no effusion, normal heart": the second is said by itself; "not normal" is denied
            denied = self.denied_at >= at - 3 and not any(
                self.words[i].text == "," for i in range(max(0, self.denied_at), at)
            )
        self.units.append(
            Unit(
                name,
                kind,
                absent != denied,
                self.hedged,
                self.clause,
                self.segment,
                weight * min(self.tail, self.bracket),
                quantity,
                known,
            )
        )

        if self.once:
            self.denied = self.once = False

    def _mark(self, mark: str, at: int) -> None:
        if mark in _STOPS:
            if mark == "?" and len(self.units) > self.clause_start:
                self.hedged = True
                self.hedged_units = len(self.units)
            self._close()
            self.colon = False
        elif mark in _BREAKS:
            if mark == "(":
                self.bracket = 0.25
                self.denied_outside = self.denied
            elif mark == ")":
                self.bracket = 1.0
                self._trailing()
                self.denied = self.denied_outside  # "left (not right) lung"
            if mark == ":":
                self._close()
                self.colon = True
            elif mark == "/" and not self._between_words(at):
                return
            else:
                self._segment("or" if mark == "/" else mark if mark in ",()" else "")
        elif mark in "<>~":
            return

    def _between_words(self, at: int) -> bool:
        return 0 < at < len(self.words) - 1 and self.words[at - 1].text.isalpha() and self.words[at + 1].text.isalpha()

    def _segment(self, join: str) -> None:
        if self.units and self.units[-1].segment == self.segment:
            self.segment += 1
            self.joins.append(join)
        elif join == "or" or (join and self.joins[-1] == ","):
            self.joins[-1] = join
        if join in ("and", ",") and self.seen_link:
            self.start = len(self.units)

    def _steer(self, sign: Sign, at: int) -> None:
        if sign in ("or", "and"):
            self._segment(sign)
        elif sign == "stop":
            if not self._relative(at):
                self._end_clause()
        elif sign == "link":
            self.linked = self.seen_link = True
        elif sign == "tail":
            self.tail = _TAIL
            self._segment("")
        elif sign == "hedge":
            if self.words[at].text == "would":
                self._doubt()  # "pneumonia would show consolidation"
            self.hedged = True
            self.hedged_units = len(self.units)
        elif sign == "seen":
            self.linked = self.seen_link = True
            self._seen(at)
        elif sign == "not":
            self._deny(at)
        elif sign == "absent":
            self._absent(at)

    def _doubt(self) -> None:
        for index in range(self.clause_start, len(self.units)):
            self.units[index] = self.units[index]._replace(hedged=True)

    def _deny(self, at: int) -> None:
        if self.denied and self.words[at].text != "nor" and self._adjoins(at):
            self.denied = False  # "not without"
            return
        self.denied = True
        self.denied_at = at
        self.deny_segment = self.segment
        self.denied_units = len(self.units)

    def _adjoins(self, at: int) -> bool:
        """Nothing of content stands between the last denial and this word."""
        return self.denied_units == len(self.units) and self.denied_at >= at - 4

    def _seen(self, at: int) -> None:
        """ "No effusion, and a fracture is seen": what is seen is not denied."""
        if not self.denied:
            return
        if self.words[at].text == "there":
            self.denied = False
            return
        joined = self.joins[self.segment] if self.segment < len(self.joins) else ""
        if self.segment > self.deny_segment and joined in ("and", ",") and self.denied_at < at:
            for index in range(self.clause_start, len(self.units)):
                if self.units[index].segment == self.segment:
                    self.units[index] = self.units[index]._replace(absent=False)
            self.denied = False

    def _relative(self, at: int) -> bool:
        """ "No signs that would fit pneumonia": nothing of weight is denied yet, so the denial goes on."""
        if self.words[at].text not in _RELATIVES or not self.denied:
            return False
        return all(unit.weight < _COMMON_WEIGHT for unit in self.units[self.denied_units :])

    def _absent(self, at: int) -> None:
        if self.denied and self._adjoins(at):
            self.denied = False  # "not absent"
            return
        first = max(self.start, self.clause_start)
        if len(self.units) == first and (self.colon or refers_back(self.words, at)):
            first = self.previous_start
        if len(self.units) == first:
            self._deny(at)
            return
        for index in range(first, len(self.units)):
            self.units[index] = self.units[index]._replace(absent=not self.units[index].absent)
        if self.words[at].text == "not":
            self.linked = True

    def _end_clause(self) -> None:
        """ "but", "which": a new statement in the same sentence."""
        self._trailing()
        if self.hedged and self.hedged_units == len(self.units):
            self._doubt()  # "pneumonia is possible": nothing comes behind the doubt
        self.clause += 1
        self.denied = self.hedged = False
        self.tail = 1.0
        self.seen_link = False
        if len(self.units) > self.clause_start:
            self.previous_start, self.clause_start = self.clause_start, len(self.units)
        self.start = self.clause_start
        self._segment("")

    def _trailing(self) -> None:
        """ "Effusion: no", "The mass is not.": what is denied stands before."""
        if not self.denied or self.denied_units < len(self.units):
            return
        first = self.clause_start
        if len(self.units) == first and self.colon:
            first = self.previous_start
        for index in range(first, len(self.units)):
            self.units[index] = self.units[index]._replace(absent=True)

    def _close(self) -> None:
        self._end_clause()
        self.bracket = 1.0
