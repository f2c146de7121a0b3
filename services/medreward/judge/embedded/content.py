"""Is what matters there, beyond a share of the words: the matter, the place, every item, the word that tells apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .reading import read
from .similarity import NEAR, Match, matches, recall, strength
from .units import Reading, Unit

ASKED = 0.3
"""how much a unit counts that the question has already given away"""
FULL = 0.9
"""weight of a unit that tells"""
CLASSES = frozenset(
    [
        "lobe",
        "artery",
        "vein",
        "vessel",
        "nerve",
        "muscle",
        "bone",
        "joint",
        "ligament",
        "tendon",
        "sulcus",
        "gyrus",
        "vertebra",
        "lymph_node",
        "sinus",
        "valve",
        "septum",
        "spine",
        "base",
        "apex",
        "cistern",
        "tissue",
        "cartilage",
        "disc",
    ]
)
"""parts that need another word to say which one"""
_ITEMS = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s*&\s*", re.I)
_MEDICAL = frozenset(("finding", "anatomy", "imaging"))
_PLACES = frozenset(("anatomy", "side", "position", "generic"))
_MOST_OF_ITEM = 3
_ITEM = 0.45
"""share that each item of a list must have"""
_BARE = 3
"""units of an answer that is no more than a name"""


def plain_name(name: str) -> str:
    """A unit's name as it is said."""
    return name.replace("_", " ").lstrip("#")


def has_matter(found: Sequence[Match]) -> bool:
    """More than the place of it is there: "a sarcoma of the scalp" is no "malformation of the scalp"."""
    matter = [m for m in found if m.unit.kind in ("finding", "imaging", "number") or m.unit.weight >= FULL]
    matter = [match for match in matter if match.unit.kind not in ("anatomy", "side", "position")]
    return not matter or any(match.strength >= 0.5 for match in matter)


def has_place(found: Sequence[Match], asked: Reading) -> bool:
    """Where the reference is a place: the one that says which. "Right lower lobe" is no "right parietal lobe"."""
    if any(match.unit.kind not in _PLACES for match in found):
        return True
    places = [match for match in found if match.unit.kind == "anatomy" and match.unit.name not in CLASSES]
    return not places or any(match.strength >= 0.5 or match.unit.name in asked.names for match in places)


def lacks_its_side(known: Reading, answer: Reading) -> bool:
    """Where the reference is one organ and its side, the side tells: "kidney" is not yet "left kidney"."""
    kinds = {unit.kind for unit in known.units}
    if not {"side", "anatomy"} <= kinds <= _PLACES or len(known.units) > _BARE:
        return False
    sides = {unit.name for unit in known.units if unit.kind == "side"}
    return not any(unit.kind == "side" for unit in answer.units) and sides <= {"left", "right"}


def another_item(known: Reading, answer: Reading, asked: Reading) -> str | None:
    """A bare list of the right thing and another of its kind: "lung, heart" where "lung" is right."""
    if answer.linked or len(set(answer.joins)) < 2 or len({unit.segment for unit in known.units}) > 1:
        return None
    kinds = {unit.kind for unit in known.units if unit.known and unit.kind in ("anatomy", "finding")}
    kind = "finding" if "finding" in kinds else "anatomy" if kinds else ""
    segments: dict[int, list[Unit]] = {}
    for unit in answer.units:
        segments.setdefault(unit.segment, []).append(unit)
    if len(segments) < 2 or any(len(units) > _BARE for units in segments.values()):
        return None
    for number, units in segments.items():
        if (number and answer.joins[number] not in (",", "and", "")) or (number and not answer.joins[number]):
            return None
        things = [unit for unit in units if unit.kind == kind and unit.known and not unit.absent and unit.weight > 0.5]
        strange = [unit for unit in things if unit.name not in CLASSES and unit.name not in asked.names]
        if strange and not any(_of_it(unit, known, asked) for unit in units):
            return strange[0].name
    return None


def _of_it(unit: Unit, known: Reading, asked: Reading) -> bool:
    if unit.name in asked.others:
        return True
    return any(unit.kind == wanted.kind and strength(wanted, unit) > 0 for wanted in known.units)


def _phrases(reading: Reading) -> Iterator[tuple[Unit, Unit]]:
    for at, unit in enumerate(reading.units[1:], 1):
        before = reading.units[at - 1]
        if (before.clause, before.segment) == (unit.clause, unit.segment):
            yield before, unit


def other_head(known: Reading, answer: Reading, asked: Reading, found: Sequence[Match]) -> str | None:
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


def missing_item(reference: str, answer: Reading, asked: Reading) -> str | None:
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
        if recall(found, factors) < _ITEM or not has_matter(found) or not has_place(found, asked):
            return item
    return None
