"""Claims: what each clause says about the options it names, and what a clause without options says about the rest.

A clause of nothing but answer talk around an option is a claim: asserted, rejected or hedged by the words around it.
In prose only the words that touch the option count, and a text in prose counts only behind an answer noun. A clause of
answer talk *without* an option is a remark on what was claimed before: "that is wrong", "I take that back", "not sure".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .groups import Group
from .options import Keys, Lexicon

_SENTENCE = re.compile(r"([^.?;\n]*)([.?;\n]?)")
_CLAUSE = re.compile(r"([su]?)([^,:()su-]*)([,:()-]?)")
_UNKNOWING = re.compile(r"[nN][fWbBpK]*S")
_SPLIT = re.compile(r"[&|ui]")
_TURN = re.compile(r"[cE]|(?<!b)[nN](?=[fp]*$)")
_REMARK = re.compile(r"[fWiBbrhKnNwpmeR&|y]+").fullmatch
_JUDGED = re.compile(r"[fWiBbrhKnNwpvd&]+").fullmatch
_ECHO = re.compile(r"[fp]+[bB]r?").fullmatch


class Claim(NamedTuple):
    """One statement about options, or a remark (``keys`` empty)."""

    kind: str
    """whole ("the answer is"), mark ("is correct", "so", "I choose"), state, label, listing, weak; remarks: remark"""
    sign: str
    """+ asserted, - rejected, ? hedged, q asked, ! taken back, = echoed ("it is")"""
    keys: Keys
    sentence: int


class _Sentence:
    """State that lasts for one sentence."""

    __slots__ = ("asked", "condition", "past", "prose", "unsure")

    def __init__(self, asked: bool) -> None:
        self.asked = asked
        self.condition = self.past = self.prose = self.unsure = False


def claims_of(codes: str, groups: list[Group], lexicon: Lexicon) -> list[Claim]:
    """Read the joined code string clause by clause."""
    return _Reader(groups, lexicon).read(codes)


class _Reader:
    def __init__(self, groups: list[Group], lexicon: Lexicon) -> None:
        self.groups = iter(groups)
        self.lexicon = lexicon
        self.claims: list[Claim] = []
        self.pending = ""
        self.number = 0

    def read(self, codes: str) -> list[Claim]:
        if "S" in codes:
            codes = _UNKNOWING.sub("h", codes).replace("S", "f")
        for body, end in _SENTENCE.findall(codes):
            if body:
                self.number += 1
                self._sentence(body, end)
            if end == "\n" and not body:
                continue
        return self.claims

    def _sentence(self, body: str, end: str) -> None:
        sentence = _Sentence(end == "?")
        clauses = _CLAUSE.findall(body)
        tied = False
        for intro, words, stop in clauses:
            if intro == "u":
                sentence.past = False
            if not words:
                continue
            following = stop or end
            if "O" in words:
                self._about(words, following, sentence, explained=bool(stop) and "x" in body)
            elif "Q" in words:
                self._pointing(words, following if not stop or stop == ")" else stop, sentence)
            elif tied and _JUDGED(words):
                self._judge(words)
            else:
                self._around(words, following, sentence)
            tied = words == "O" and stop in (":", "-", "(")
            sentence.prose = "x" in words and stop != ":"

    # -- clauses that name options -------------------------------------------------------------------------------

    def _about(self, words: str, stop: str, sentence: _Sentence, explained: bool) -> None:
        pure = "x" not in words
        parts = words.split("O")
        pre = parts[0]
        for index, post in enumerate(parts[1:], 1):
            group = next(self.groups)
            rest = ""
            if index < len(parts) - 1:
                post, rest = _share(post)
            self._claim(group, pre, post, words, pure, sentence, explained)
            pre = rest
        self.pending = ""

    def _claim(
        self, group: Group, pre: str, post: str, words: str, pure: bool, sentence: _Sentence, explained: bool
    ) -> None:
        before, after = pre.rpartition("x")[2], post.partition("x")[0]
        prose_before, prose_after = len(before) < len(pre), len(after) < len(post)
        noun = "m" in pre or ("j" in pre and "b" in before) or bool(self.pending)
        kind = "whole" if noun else "state"
        if prose_before or prose_after:
            kind = self._kind_in_prose(group, before, after, prose_before, prose_after, noun)
            if not kind:
                return
        elif not noun:
            if "y" in words or "i" in pre or "r" in post or "m" in post:
                kind = "mark"
            elif "d" in words:
                kind = "weak"
            elif group.listing:
                kind = "listing"
            elif explained and words == "O":
                kind = "label"
            elif not group.letter:
                if sentence.prose:
                    return  # an item of a list in prose: "no consolidation, effusion or pneumothorax"
                kind = "text"
        sign = self._sign(group, before, after, sentence)
        if sign:
            self._add(kind, sign, group.keys)

    @staticmethod
    def _kind_in_prose(
        group: Group, before: str, after: str, prose_before: bool, prose_after: bool, noun: bool
    ) -> str:
        """How far an option counts in a clause that says other things too; "" for not at all."""
        judged = any(code in "rmw" for code in after)
        if judged and not prose_before:
            return "mark" if group.letter or not prose_after else ""
        if not group.letter:
            return "whole" if noun and before and not prose_after else ""
        if not prose_before:
            if noun or before and before[-1] in "by":
                return "whole" if noun else "mark"
            return "label" if not before and not any(code in "bBdnNhKFcE" for code in after) else ""
        linked = any(code in "bByd" for code in before) or any(code in "mrwi" for code in before)
        if linked or judged:
            return "whole" if noun and before[:1] else "weak"
        return ""

    def _sign(self, group: Group, before: str, after: str, sentence: _Sentence) -> str:
        around = before + after
        if "P" in around or sentence.past or ("W" in after and not any(code in "rmdnw" for code in after)):
            return ""
        bad = "w" in around or "c" in before or "E" in before
        no = around.count("n") + around.count("N")
        if self.pending and self.pending != "+":
            no += self.pending == "-"
            if self.pending == "?":
                return "?"
        if (
            "h" in around or "F" in around or "R" in around or before.endswith("N")
            or ("K" in around and not bad and not no)
            or (no and bad) or no > 1
            or sentence.condition or sentence.unsure
        ):
            return "?"
        if no or bad:
            return "q" if sentence.asked else "-"
        if sentence.asked:
            return "q"
        return "?" if group.alternative else "+"

    def _pointing(self, words: str, stop: str, sentence: _Sentence) -> None:
        """Prose that ends in "(B)": it describes B, and asserts it unless something denies or doubts it."""
        groups = [next(self.groups) for _ in range(words.count("Q"))]
        last = groups[-1]
        noun = "m" in words or bool(self.pending)
        self.pending = ""
        if not words.endswith("Q") or len(groups) > 1 or stop not in ("", ".", "?", "\n", ")"):
            return
        if any(code in "nNwhKFPcER" for code in words) or sentence.past or sentence.condition:
            return
        self._add("whole" if noun else "weak", "q" if sentence.asked else "+", last.keys)

    # -- clauses that do not --------------------------------------------------------------------------------------

    def _around(self, words: str, stop: str, sentence: _Sentence) -> None:
        if words[0] == "F" or words[:2] in ("fF", "iF"):
            sentence.condition = True
            self._doubt(same_sentence=True)
        elif words[-1] == "P" and stop == ",":
            sentence.past = True
        elif "x" not in words and _REMARK(words):
            self._remark(words, stop, sentence)
        if stop and stop in ":-(\n" and self._heads(words):
            tail = words.rpartition("x")[2]
            self.pending = "?" if "h" in tail else "-" if any(code in "nNw" for code in tail) else "+"
        elif "x" in words:
            self.pending = ""

    @staticmethod
    def _heads(words: str) -> bool:
        """Whether a clause before a colon or line break announces the answer."""
        return any(code in "miwnNh" for code in words) and (
            "m" in words or "x" not in words or words[-1] in "ib"
        ) or ("r" in words and ("j" in words or "x" not in words))

    def _remark(self, words: str, stop: str, sentence: _Sentence) -> None:
        claims = self.claims
        denies = "n" in words or "N" in words
        bad = "w" in words
        if "e" in words:
            # About the other options: fine while it turns them down, a contradiction once it holds one for right.
            if not denies and not bad and ("h" in words or "r" in words):
                self._add("remark", "?" if "h" in words else "!", frozenset())
            return
        if not any(claim.sign in "+q" for claim in claims):
            if "h" in words:
                sentence.unsure = True
            elif denies and stop == "," and words[-1] == "n" and len(words) > 1:
                sentence.unsure = True
            return
        if sentence.asked:
            return
        if "R" in words:
            if not denies:
                self._add("remark", "!", frozenset())
        elif "h" in words or (denies and bad) or ("K" in words and not denies and not bad):
            self._add("remark", "?", frozenset())
        elif denies or bad:
            last = claims[-1]
            if last.sign == "q":
                claims[-1] = last._replace(sign="-")
            else:
                self._add("remark", "w" if bad else "n", frozenset())
        elif _ECHO(words) and stop in ("", ".", "\n", ";"):
            self._add("remark", "=", frozenset())

    def _judge(self, words: str) -> None:
        """ "A: absent", "B (wrong)": the words behind a label speak of that option alone."""
        if not self.claims or self.claims[-1].sign not in "+q":
            return
        no = any(code in "nN" for code in words)
        bad = "w" in words
        if "h" in words or (no and bad):
            self.claims[-1] = self.claims[-1]._replace(sign="?")
        elif no or bad:
            self.claims[-1] = self.claims[-1]._replace(sign="-")

    def _doubt(self, same_sentence: bool) -> None:
        """A condition right behind a claim takes its certainty."""
        if self.claims and self.claims[-1].sentence == self.number:
            self.claims[-1] = self.claims[-1]._replace(sign="?")

    def _add(self, kind: str, sign: str, keys: Keys) -> None:
        self.claims.append(Claim(kind, sign, keys, self.number))


def _share(between: str) -> tuple[str, str]:
    """Share the words between two options: what judges the first, what leads to the second."""
    cut = _SPLIT.search(between) or _TURN.search(between)
    if cut:
        return between[: cut.start()], between[cut.start() :]
    return (between, "") if between[:1] in ("b", "B", "r", "v", "f") else ("", between)
