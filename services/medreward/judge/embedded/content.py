"""Is what matters there, beyond a share of the words: the matter, the place, every item, the word that tells apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .reading import read
from .similarity import NEAR, Match, matches, recall, strength
from .units import Reading, Unit

ASKED = 0.28
"""how much a unit counts that the question has already given away"""
FULL = 0.9
"""weight of a unit that tells"""
CLASSES = frozenset(
    (
        *("lobe", "base", "apex", "sulcus", "gyrus", "septum", "valve", "cistern", "sinus", "tissue", "cartilage"),
        *("artery", "vein", "vessel", "nerve", "muscle", "bone", "joint", "ligament", "tendon", "disc"),
        *("vertebra", "spine", "lymph_node"),
    )
)
"""parts that need another word to say which one"""
_ITEMS = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s*&\s*", re.I)
_ORGAN = re.compile(r"\b(?:where|organs?|part|lobe|region|area|side|locat\w*|site|system|affect\w*|involv\w*)\b", re.I)
"""a question that an organ answers, whatever is said to be in it"""
_MEDICAL = frozenset(("finding", "anatomy", "imaging"))
_PLACES = frozenset(("anatomy", "side", "position", "generic"))
_MOST_OF_ITEM = 3
_ITEM = 0.68
"""share that each item of a list must have"""
_BARE = 3
"""units of an answer that is no more than a name"""


class Shortfall(NamedTuple):
    """Why an answer with enough of the reference's words is not right all the same."""

    score: int
    reason: str


def plain_name(name: str) -> str:
    """A unit's name as it is said."""
    return name.replace("_", " ").lstrip("#")


def shortfall(
    question: str, reference: str, known: Reading, answer: Reading, asked: Reading, found: Sequence[Match]
) -> Shortfall | None:
    """What the candidate lacks or says beyond its share of the reference's words, or None."""
    missing = ", ".join(plain_name(match.unit.name) for match in found if match.strength < 0.5)
    if not _has_matter(found):
        return Shortfall(5, f"the candidate lacks the matter: {missing}")
    if not _has_place(found, asked):
        return Shortfall(4, f"the candidate lacks the place: {missing}")
    if "metastasis" in known.names and "metastasis" not in answer.names and len(known.units) <= _MOST_OF_ITEM:
        return Shortfall(6, "the candidate does not say that it is metastatic")
    sizes = [match for match in found if match.unit.quantity and match.unit.quantity.dimension == "length"]
    if any(match.strength < 0.5 for match in sizes):
        return Shortfall(5, f"the candidate lacks a size: {missing}")
    other = _other_head(known, answer, asked, found)
    if other:
        return Shortfall(4, f"the candidate speaks of another one: {plain_name(other)}")
    extra = _another_item(known, answer, asked)
    if extra:
        return Shortfall(5, f"the candidate lists {plain_name(extra)} too")
    inside = None if _ORGAN.search(question) else _is_of_the_organ(known, answer, asked)
    if inside:
        return Shortfall(4, f"the candidate names {plain_name(inside)} in it")
    if _lacks_its_side(known, answer, asked):
        return Shortfall(6, "the candidate lacks the side")
    item = _missing_item(reference, answer, asked)
    return Shortfall(6, f"the candidate lacks an item of the reference: {plain_name(item)}") if item else None


def _has_matter(found: Sequence[Match]) -> bool:
    """More than the place of it is there: "a sarcoma of the scalp" is no "malformation of the scalp"."""
    matter = [m for m in found if m.unit.kind in ("finding", "imaging", "number") or m.unit.weight >= FULL]
    matter = [match for match in matter if match.unit.kind not in ("anatomy", "side", "position")]
    return not matter or any(match.strength >= 0.5 for match in matter)


def _has_place(found: Sequence[Match], asked: Reading) -> bool:
    """Where the reference is a place: the one that says which. "Right lower lobe" is no "right parietal lobe"."""
    if any(match.unit.kind not in _PLACES for match in found):
        return True
    places = [match for match in found if match.unit.kind == "anatomy" and match.unit.name not in CLASSES]
    places = places or [match for match in found if match.unit.kind == "anatomy"]
    return not places or any(match.strength >= 0.5 or match.unit.name in asked.names for match in places)


def _lacks_its_side(known: Reading, answer: Reading, asked: Reading) -> bool:
    """Where the reference is one organ and its side, the side tells: "kidney" is not yet "left kidney"."""
    kinds = {unit.kind for unit in known.units}
    if any(unit.kind == "side" for unit in asked.units):
        return False
    if not {"side", "anatomy"} <= kinds <= _PLACES or len(known.units) > _BARE:
        return False
    sides = {unit.name for unit in known.units if unit.kind == "side"}
    return not any(unit.kind == "side" for unit in answer.units) and sides <= {"left", "right"}


def _another_item(known: Reading, answer: Reading, asked: Reading) -> str | None:
    """A bare list of the right thing and another of its kind: "lung, heart" where "lung" is right."""
    segments: dict[int, list[Unit]] = {}
    for unit in answer.units:
        segments.setdefault(unit.segment, []).append(unit)
    if answer.linked or len(segments) < 2 or any(len(units) > _BARE for units in segments.values()):
        return None
    if any(number and answer.joins[number] not in (",", "and") for number in segments):
        return None
    kinds = {_group(unit) for unit in known.units if unit.known}
    for unit in answer.units:
        counts = (
            _group(unit) in kinds and (unit.kind in _MEDICAL or unit.kind == "state") and unit.known and not unit.absent
        )
        if not counts or unit.weight <= ASKED or unit.name in CLASSES or unit.name in asked.names | asked.others:
            continue
        if not any(strength(wanted, unit) > 0 for wanted in known.units):
            return unit.name
    return None


def _group(unit: Unit) -> str:
    return "finding" if unit.kind == "state" else unit.kind


def _is_of_the_organ(known: Reading, answer: Reading, asked: Reading) -> str | None:
    """Where the reference is an organ, a bare name of something in it: "kidney cyst" is no "kidney"."""
    if answer.linked or len(answer.units) > _BARE or any(unit.kind not in _PLACES for unit in known.units):
        return None
    if not any(unit.kind == "anatomy" for unit in known.units):
        return None
    findings = [unit for unit in answer.units if unit.kind == "finding" and not unit.absent]
    return next((unit.name for unit in findings if unit.name not in asked.names), None)


def _phrases(reading: Reading) -> Iterator[tuple[Unit, Unit]]:
    for at, unit in enumerate(reading.units[1:], 1):
        before = reading.units[at - 1]
        if (before.clause, before.segment) == (unit.clause, unit.segment):
            yield before, unit


def _other_head(known: Reading, answer: Reading, asked: Reading, found: Sequence[Match]) -> str | None:
    """A bare name with the same last word and another one before it: "columnar epithelium", "squamous epithelium"."""
    if len(known.units) > _BARE or len(answer.units) > _BARE or answer.linked or "or" in known.joins:
        return None
    missing = {match.unit.name for match in found if match.strength < 0.5 and match.unit.weight >= 0.5}
    for modifier, head in _phrases(known):
        if modifier.name not in missing or modifier.name in asked.names or modifier.kind in ("side", "number"):
            continue
        for other, same in _phrases(answer):
            strange = other.name not in known.names and other.name not in asked.names and other.weight >= 0.5
            if same.name == head.name and strange and not any(strength(unit, other) >= NEAR for unit in known.units):
                return other.name
    return None


def _missing_item(reference: str, answer: Reading, asked: Reading) -> str | None:
    """An item of a listed reference ("lungs, heart") of which the candidate has too little."""
    items = [item for item in _ITEMS.split(reference) if item]
    if len(items) < 2:
        return None
    readings = [read(item) for item in items]
    if any(len(item.units) > _MOST_OF_ITEM for item in readings):
        return None
    if not all(any(unit.known and unit.kind in _MEDICAL for unit in item.units) for item in readings):
        return None
    if any(unit.kind in ("number", "month") for item in readings for unit in item.units):
        return None
    for item, reading in zip(items, readings, strict=True):
        factors = {unit.name: ASKED for unit in reading.units if unit.name in asked.names}
        found = matches(reading.units, answer)
        if recall(found, factors) < _ITEM or not _has_matter(found) or not _has_place(found, asked):
            return item
    return None
