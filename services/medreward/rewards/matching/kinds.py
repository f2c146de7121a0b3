"""Kinds: how much weight an option carries where it stands in its clause.

Everything here looks at code strings (``vocabulary.py``) around one ``O`` and at nothing else.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from .groups import Group

Kind = Literal["whole", "mark", "state", "label", "listing", "text", "weak", "remark"]
"""whole: "the answer is B"; mark: "B is correct", "so B", "I choose B"; state: "B", "it is B"; label: "B: ..." or
"B) Clear"; listing: several of those; text: "Clear"; weak: evidence for an option, or a mention in prose"""


class Spot(NamedTuple):
    """An option in its clause."""

    group: Group
    before: str
    """codes in front of it, back to the last word of prose"""
    after: str
    """codes behind it, up to the next word of prose"""
    prose_before: bool
    prose_after: bool
    noun: bool
    """an answer noun leads to it: "the answer is", "correct finding:" """
    words: str
    """the whole clause"""
    explained: bool
    """more of the sentence follows"""


_CONCLUDED = re.compile("i|[rM].*b").search
_PREDICATE = re.compile("[rmojM]").search
_JUDGED = re.compile("[rmowM]").search
_NOUN = re.compile("[moj]").search
_ANSWER_NOUN = re.compile("[mo]").search
_LINK = re.compile("[bBydmorwi]").search
_GOES_ON = re.compile("[bBdnNhKFcE]").search
_CHOSEN = re.compile("[rMbBy]").search
_APPROVED = re.compile("[rM]").search
_NAMED = re.compile("[oj]").search
_LED = re.compile("[oji]").search
_VERDICT = re.compile("[riwnNhH]").search
_SPLIT = re.compile(r"[&|ui]")
_TURN = re.compile(r"[cE]|(?<!b)[nN](?=[fp]*$)")


def kind_in_talk(spot: Spot, closing: bool, prose: bool) -> Kind | None:
    """The kind in a clause of answer talk; ``prose`` says that the sentence before it is not."""
    if spot.noun:
        return "whole"
    words, group = spot.words, spot.group
    if words != "O":
        if "y" in words or _CONCLUDED(spot.before) or _PREDICATE(spot.after):
            return "mark" if group.letter or _NOUN(spot.after) else "text"
        if "d" in words:
            return "mark" if "M" in words or closing else "weak"
        if "v" in words and (group.letter or not prose):
            return "weak"
    if group.listing:
        return "listing"
    if (spot.explained or group.titled) and not spot.after and words.strip("f") == "O":
        return "label"
    if group.letter:
        return "state"
    # An item of a list in prose ("no consolidation, effusion or pneumothorax") is not an answer.
    return None if prose else "text"


def kind_in_prose(spot: Spot, closing: bool) -> Kind | None:
    """The kind in a clause that says other things too; None where the option is only talked about."""
    before, after = spot.before, spot.after
    judged = _JUDGED(after)
    if not spot.group.letter:
        if judged and not spot.prose_before:
            return "mark" if _ANSWER_NOUN(after) else None
        return "whole" if spot.noun and before and not spot.prose_after else None
    if not spot.prose_before:
        if spot.noun:
            return "whole"
        if judged or before[-1:] in ("b", "y"):
            return "mark"
        return "label" if not before and after and not _GOES_ON(after) else None
    if judged or _LINK(before):
        return "whole" if spot.noun and before else "mark" if "M" in before or closing else "weak"
    return None


def names_answer(pre: str, before: str) -> bool:
    """Whether the words in front make the option *the* answer: "the answer is", "correct option:", "diagnosis is"."""
    if "m" in pre:
        return True
    if "o" in pre and _CHOSEN(pre):
        return True
    return "j" in pre and "b" in before.partition("d")[0]


def mentions_answer(words: str) -> bool:
    """Whether a clause speaks of the answer without naming it: "the best option, given the image, is: ..."."""
    return "m" in words or bool(_NAMED(words) and _APPROVED(words))


def announces(words: str) -> bool:
    """Whether a clause before a colon or line break introduces the answer: "Answer:", "the finding here is:"."""
    if mentions_answer(words):
        return True
    if ends_in_link(words) and _LED(words):
        return True
    return "x" not in words and bool(_VERDICT(words))


def ends_in_link(words: str) -> bool:
    """Whether a clause breaks off where the option has to follow: "... seems to be", "corresponds to"."""
    return words.rstrip("f")[-1:] in ("b", "B", "d")


def share(between: str) -> tuple[str, str]:
    """Share the words between two options: what judges the first, what leads to the second."""
    cut = _SPLIT.search(between) or _TURN.search(between)
    if cut:
        return between[: cut.start()], between[cut.start() :]
    return (between, "") if between[:1] in ("b", "B", "r", "v", "f", "W", "H", "x") else ("", between)
