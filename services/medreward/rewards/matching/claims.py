"""Claims: what each clause says about the options it names, and what a clause without options says about the rest.

A clause of nothing but answer talk around an option is a claim: asserted, rejected or hedged by the words around it.
In prose only the words that touch the option count, and a text in prose counts only behind an answer noun. A clause of
answer talk *without* an option is a remark on what was claimed before: "that is wrong", "I take that back", "not sure".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .groups import Group
from .kinds import (
    Kind,
    Spot,
    announces,
    ends_in_link,
    kind_in_prose,
    kind_in_talk,
    mentions_answer,
    names_answer,
    share,
)
from .options import Keys, Lexicon

Sign = Literal["+", "-", "N", "?", "q", "!", "n", "w", "="]
"""of options: + asserted, - rejected, N followed by a mere "no", ? hedged, q asked; of remarks: ? unsure, ! taken back,
n "it is not", w "that is wrong", = "it is" """

_SENTENCE = re.compile(r"([^.?;\n]*)([.?;\n]?)").findall
_CLAUSE = re.compile(r"([su]?)([^,:()su-]*)([,:()-]?)").findall
_UNKNOWING = re.compile(r"[nN][fWMbBpKmy]*S")
_UNLIKELY = re.compile(r"[nN]f*H").sub
# "Yes, probably due to edema", "B. It may be due to age": it doubts the reason, not the answer.
_REASONED = re.compile(r"(?<=[,:;(.\ns-])[fpbhH]+(?=s)").sub
# What stands between an option and its predicate: "B (the second one) is right", "B, is right".
_ASIDE = re.compile(r"(?<=O)(?:\([^OQx()]*x[^OQ()]*\)(?=[bBdKWnrMw])|-[^OQx,:()-]*x[^OQ,:()-]*-(?=[bBdKW])|,(?=[bBW]))")
_REMARK = re.compile(r"[fWMiBbrhHKnNwpmoePR&|y]+").fullmatch
_JUDGEMENT = re.compile(r"[fWMiBbrhHKnNwpvd&]+").fullmatch
_ECHO = re.compile(r"[fp]+[bB]r?").fullmatch
_FRAMED = re.compile("[bBmoy]").search
_DENIED = re.compile("[nN]").search
_TURNED_DOWN = re.compile("[nNw]").search
_DOUBTED = re.compile("[hFR]").search
_WEIGHED = re.compile("[rmodnw]").search
_HEDGED = re.compile("[hH]").search
_CLOUDED = re.compile("[nNwhHKFPcER]").search


class Claim(NamedTuple):
    """One statement about options, or a remark (``keys`` empty)."""

    kind: Kind
    sign: Sign
    keys: Keys
    sentence: int


class _Sentence:
    """What holds until the sentence ends."""

    __slots__ = ("aside", "asked", "closing", "condition", "noun", "past", "prose", "unsure")

    def __init__(self, asked: bool, closing: bool) -> None:
        self.asked = asked
        self.closing = closing
        """it concludes: "therefore", "based on this" """
        self.noun = False
        """it has spoken of the answer and not named it yet"""
        self.aside = False
        """behind an assertion it tells of an earlier view of another option, and goes on about that one"""
        self.condition = self.past = self.prose = self.unsure = False


def claims_of(codes: str, groups: list[Group], lexicon: Lexicon) -> list[Claim]:
    """Read the joined code string clause by clause."""
    return _Reader(iter(groups), lexicon).read(codes)


def _is_past(spot: Spot, sentence: _Sentence) -> bool:
    return "P" in spot.before or "P" in spot.after or sentence.past


class _Reader:
    def __init__(self, groups: Iterator[Group], lexicon: Lexicon) -> None:
        self.groups = groups
        self.lexicon = lexicon
        self.claims: list[Claim] = []
        self.pending: Literal["", "+", "-", "?"] = ""
        """the sign of an announcement ("The answer is:") that waits for its option"""
        self.number = 0
        self.asserted: set[str] = set()
        self.worded = False
        """whether the option named last is named by its text, with or without its letter"""

    def read(self, codes: str) -> list[Claim]:
        if "S" in codes:
            codes = _UNKNOWING.sub("h", codes).replace("S", "f")
        if "Mh" in codes:
            codes = codes.replace("Mh", "M")  # "the most plausible finding" is a choice, not a doubt
        if "H" in codes:
            codes = _UNLIKELY("n", codes.replace("MH", "M"))
        if "s" in codes and _HEDGED(codes):
            codes = _REASONED("", codes)
        if "O(" in codes or "O," in codes or "O-" in codes:
            codes = _ASIDE.sub("", codes)
        for body, end in _SENTENCE(codes):
            if body:
                self.number += 1
                self._sentence(body, end)
        return self.claims

    def _sentence(self, body: str, end: str) -> None:
        sentence = _Sentence(end == "?", body[0] in "si")
        tied = False
        for intro, words, stop in _CLAUSE(body):
            if intro == "u":
                sentence.past = False
            if not words:
                continue
            if "O" in words:
                self._about(words, bool(stop), intro == "s", sentence)
            elif "Q" in words:
                self._pointing(words, stop in ("", ")"), sentence)
            elif tied and _JUDGEMENT(words):
                self._judge(words)
            else:
                self._around(words, stop or end, sentence)
            tied = words == "O" and stop in (":", "-", "(")
            sentence.prose = "x" in words and stop != ":"

    # -- clauses that name options -------------------------------------------------------------------------------

    def _about(self, words: str, explained: bool, reason: bool, sentence: _Sentence) -> None:
        parts = words.split("O")
        pre = self._skip(parts[0])
        prose = "x" in pre
        if pre and self.pending and _FRAMED(pre):
            self.pending = ""
        for index, post in enumerate(parts[1:], 1):
            group = next(self.groups)
            post = self._skip(post)
            rest = ""
            if index < len(parts) - 1:
                post, rest = share(post)
            behind = "x" in post or (not group.letter and any("x" in part for part in parts[index:]))
            before, after = pre.rpartition("x")[2], post.partition("x")[0]
            noun = bool(self.pending) or names_answer(pre, before)
            spot = Spot(group, before, after, prose, behind, noun, words, explained)
            if prose or behind:
                kind = kind_in_prose(spot, sentence.closing)
            else:
                kind = kind_in_talk(spot, sentence.closing, sentence.prose)
            if reason and kind == "label":
                kind = None  # "because option C requires ..."
            sign = self._sign(spot, sentence) if kind else ""
            if kind and sign:
                self._add(kind, sign, group.keys)
                self.worded = not group.bare
            elif self._outdated(spot, sentence):
                sentence.aside = True
            sentence.condition = sentence.condition or "F" in pre
            prose = prose or "x" in post or "x" in rest
            pre = rest
        self.pending = ""

    def _skip(self, words: str) -> str:
        """Pass over letters that only point at something, beside the options a clause names outright."""
        if "Q" not in words:
            return words
        for _ in range(words.count("Q")):
            next(self.groups)
        return words.replace("Q", "f")

    def _sign(self, spot: Spot, sentence: _Sentence) -> Literal["", "+", "-", "?", "q"]:
        around = spot.before + spot.after
        if _is_past(spot, sentence) or ("W" in spot.after and not _WEIGHED(spot.after)):
            return ""
        bad = "w" in around or "c" in spot.before or "E" in spot.before
        denials = around.count("n") + around.count("N") + (self.pending == "-")
        if (
            _DOUBTED(around)
            or ("K" in around and not bad and not denials)
            # "No B" may correct or deny, two negatives may cancel: neither says anything clearly.
            or (spot.group.bare and spot.before.endswith("N"))
            or (denials and bad)
            or denials > 1
            or self.pending == "?"
            or sentence.condition
            or sentence.unsure
        ):
            return "?"
        if sentence.asked:
            return "q"
        if denials or bad:
            return "-"
        return "?" if spot.group.alternative or "H" in around else "+"

    def _outdated(self, spot: Spot, sentence: _Sentence) -> bool:
        """ "B. I considered A but rejected it": the view given up is of another option than those that stand."""
        return _is_past(spot, sentence) and bool(self.asserted) and self.asserted.isdisjoint(spot.group.keys)

    def _pointing(self, words: str, closes: bool, sentence: _Sentence) -> None:
        """Prose that ends in "(B)": it describes B, and asserts it unless something denies or doubts it."""
        groups = [next(self.groups) for _ in range(words.count("Q"))]
        noun = "m" in words or bool(self.pending)
        self.pending = ""
        if not words.endswith("Q") or len(groups) > 1 or not closes:
            return
        if _CLOUDED(words) or sentence.past or sentence.condition:
            return
        kind: Kind = "whole" if noun else "mark" if sentence.closing or "M" in words else "weak"
        self._add(kind, "q" if sentence.asked else "+", groups[0].keys)

    # -- clauses that do not -------------------------------------------------------------------------------------

    def _around(self, words: str, stop: str, sentence: _Sentence) -> None:
        prose = "x" in words
        if words[0] == "F" or words[:2] in ("fF", "iF"):
            sentence.condition = True
            if self.claims and self.claims[-1].sentence == self.number:
                self._resign("?")
        elif words[-1] == "P" and stop == ",":
            sentence.past = True
        elif not prose and _REMARK(words):
            self._remark(words, stop, sentence)
        sentence.closing = sentence.closing or "i" in words
        sentence.noun = sentence.noun or mentions_answer(words)
        leads = announces(words) or ((sentence.noun or sentence.closing) and ends_in_link(words))
        if stop and stop in ":-(\n" and leads:
            tail = words.rpartition("x")[2]
            self.pending = "?" if not prose and _HEDGED(tail) else "-" if _TURNED_DOWN(tail) else "+"
        elif prose:
            self.pending = ""

    def _judge(self, words: str) -> None:
        """ "A: absent", "B (wrong)": the words behind a label speak of that option alone."""
        if self.claims and self.claims[-1].sign in "+q":
            denied, bad = _DENIED(words), "w" in words
            says_no = self.worded and self.claims[-1].keys == self.lexicon.no
            if "h" in words or (denied and bad) or ("H" in words and (says_no or not (denied or bad))):
                self._resign("?")
            elif says_no and (self.lexicon.closed or not bad):
                return  # "No - not seen", "No: absent": it says no twice
            elif denied or bad:
                self._resign("N" if words.strip("f") == "N" else "-")
            elif "r" in words:
                self.claims[-1] = self.claims[-1]._replace(kind="state")  # "A: correct" is more than a heading

    def _remark(self, words: str, stop: str, sentence: _Sentence) -> None:
        denies, bad, doubts = bool(_DENIED(words)), "w" in words, bool(_HEDGED(words))
        if not any(claim.sign in "+q" for claim in self.claims):
            # Nothing to remark on yet: doubt, or a "not" left hanging ("it is not, I say, B"), bears on what comes.
            hanging = words[-1] == "n" and stop == "," and len(words) > 1 and not self.lexicon.closed
            sentence.unsure = sentence.unsure or doubts or hanging
        elif sentence.asked or (sentence.aside and (denies or bad)):
            return
        elif "e" in words:
            # About the other options: fine while it turns them down, a contradiction once it holds one for right.
            if not denies and not bad and (doubts or "r" in words):
                self._note("?" if doubts else "!")
        elif "R" in words:
            if not denies:
                self._note("!")
        elif doubts or (denies and bad) or ("K" in words and not denies and not bad):
            self._note("?")
        elif denies or bad:
            if self.claims[-1].sign == "q":
                self._resign("-")
            else:
                self._note("w" if bad else "n")
        elif _ECHO(words) and stop in ("", ".", "\n", ";"):
            self._note("=")

    def _resign(self, sign: Sign) -> None:
        self.claims[-1] = self.claims[-1]._replace(sign=sign)

    def _note(self, sign: Sign) -> None:
        self._add("remark", sign, frozenset())

    def _add(self, kind: Kind, sign: Sign, keys: Keys) -> None:
        self.claims.append(Claim(kind, sign, keys, self.number))
        if sign == "+":
            self.asserted |= keys
