"""Data carriers: a unit of meaning in its place, and what a text says."""

from __future__ import annotations

from typing import NamedTuple

from .lexicon import Kind
from .quantities import Quantity

WEIGHTS: dict[Kind, float] = {
    "anatomy": 1.0,
    "finding": 1.0,
    "imaging": 1.0,
    "word": 1.0,
    "number": 1.2,
    "side": 0.6,
    "position": 0.6,
    "month": 0.6,
    "state": 0.8,
    "quality": 0.45,
    "size": 0.25,
    "generic": 0.3,
}
"""how much a unit of a reference counts"""


class Unit(NamedTuple):
    """One unit of meaning in its place."""

    name: str
    """of the vocabulary, or the stem of a word it does not have"""
    kind: Kind
    absent: bool
    hedged: bool
    clause: int
    segment: int
    weight: float
    quantity: Quantity | None = None
    known: bool = True
    """the vocabulary has it"""


class Reading(NamedTuple):
    """What a text says."""

    units: tuple[Unit, ...]
    says: bool | None
    """the answer's own yes or no, at its beginning"""
    joins: tuple[str, ...]
    """for each segment, what joins it to the one before: "or", "and", ",", or empty"""
    words: int
    """all words and numbers, function words too"""
    distinct: int
    linked: bool
    """it has a verb: it is a sentence, not a bare phrase"""
    initials: str
    """first letters of its words, for acronyms"""
    names: frozenset[str]
    others: frozenset[str] = frozenset()
    """of a question: units that an answer may list beside the reference's, since they are right too"""
