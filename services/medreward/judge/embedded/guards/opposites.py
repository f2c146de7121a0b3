"""Opposites: words that look or stand alike and cannot both be meant (``[exclusive]`` of the vocabulary)."""

from __future__ import annotations

from ..lexicon import LEXICON
from ..units import Reading
from .heads import heads, listed_together

_SHORT = 8
"""units of an answer that is about one thing only"""


def opposites(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """The candidate has another member of an exclusive group than the reference, for the same thing."""
    wanted: dict[int, set[str]] = {}
    for unit in reference.units:
        for group in LEXICON.groups.get(unit.name, ()):
            wanted.setdefault(group, set()).add(unit.name)
    if not wanted:
        return None
    for at, unit in enumerate(candidate.units):
        if unit.absent or unit.name in reference.names:
            continue
        for group in LEXICON.groups.get(unit.name, ()):
            mine = wanted.get(group)
            if mine is None or _of_question(unit.name, mine, question):
                continue
            if _clashes(reference, candidate, at, mine):
                return f"the candidate says {_spoken(unit.name)}, the reference {_spoken(min(mine))}"
    return None


def _of_question(name: str, mine: set[str], question: Reading) -> bool:
    """The question itself speaks of it, and does not ask to choose: it is its topic."""
    return name in question.names and not mine & question.names


def _clashes(reference: Reading, candidate: Reading, at: int, mine: set[str]) -> bool:
    own = heads(candidate, at)
    stated = [i for i, unit in enumerate(candidate.units) if unit.name in mine and not unit.absent]
    if not stated:
        return not own or bool(own & reference.names) or len(candidate.units) <= _SHORT
    if (
        not own
        and len(candidate.units) <= _SHORT
        and all(candidate.units[i].clause < candidate.units[at].clause for i in stated)
    ):
        return True  # "it looks like a CT but it is an MRI"
    if own and own <= mine:
        own = frozenset()
    return any(
        bool(own & heads(candidate, i)) or (not own and listed_together(candidate, at, i)) or _or(candidate, at, i)
        for i in stated
    )


def _or(candidate: Reading, one: int, other: int) -> bool:
    low, high = sorted((candidate.units[one].segment, candidate.units[other].segment))
    return listed_together(candidate, one, other) and "or" in candidate.joins[low + 1 : high + 1]


def _spoken(name: str) -> str:
    return name.replace("_", " ")
