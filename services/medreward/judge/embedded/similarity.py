"""How much of one text's meaning another has: unit by unit, each weighed by how much it tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .lexicon import LEXICON
from .units import Reading, Unit
from .words import misspelling, same_word, stem

NEAR = 0.9
NARROWER = 0.95
"""the candidate names a kind of what the reference names"""
BROADER = 0.3
"""the candidate names only the class of what the reference names"""
_ACRONYM = 3
"""letters that an acronym must have to be read from initials"""


class Match(NamedTuple):
    """A unit of the reference and what the candidate has for it."""

    unit: Unit
    strength: float
    found: Unit | None


def strength(wanted: Unit, said: Unit) -> float:
    """How well a unit of the candidate stands for one of the reference, 0 to 1."""
    if wanted.name == said.name:
        return 1.0
    if wanted.quantity is not None or said.quantity is not None:
        if "single" in (wanted.name, said.name):
            return NEAR if "#1" in (wanted.name, said.name) else 0.0
        both = wanted.quantity is not None and said.quantity is not None
        return 1.0 if both and wanted.quantity.equals(said.quantity) else 0.0  # type: ignore[union-attr,arg-type]
    if wanted.known and said.known:
        if (wanted.name, said.name) in LEXICON.near:
            return NEAR
        if wanted.name in LEXICON.parents.get(said.name, ()):
            return NARROWER
        return BROADER if said.name in LEXICON.parents.get(wanted.name, ()) else 0.0
    if "_" in wanted.name or "_" in said.name:
        return 0.0
    one, other = _stem(wanted), _stem(said)
    if same_word(one, other):
        return NEAR
    misspelt = wanted.known != said.known and misspelling(one, other)
    return NEAR if misspelt else 0.0


def _stem(unit: Unit) -> str:
    return stem(unit.name) if unit.known else unit.name


def matches(wanted: Sequence[Unit], said: Reading) -> list[Match]:
    """For each unit of the reference, the best that the candidate has, of the same polarity if there is one."""
    by_name: dict[str, list[Unit]] = {}
    for unit in said.units:
        by_name.setdefault(unit.name, []).append(unit)
    names = frozenset(unit.name for unit in wanted)
    return [_best(unit, by_name, said, names) for unit in wanted]


def _best(unit: Unit, by_name: dict[str, list[Unit]], said: Reading, names: frozenset[str]) -> Match:
    same = by_name.get(unit.name)
    if same:
        return Match(unit, 1.0, next((found for found in same if found.absent == unit.absent), same[0]))
    best = Match(unit, 0.0, None)
    for found in said.units:
        value = strength(unit, found)
        if value == BROADER and found.name in names:
            continue  # the reference has that word too: the candidate's stands for it
        if value > best.strength or (value and value == best.strength and found.absent == unit.absent):
            best = Match(unit, value, found)
    if best.strength < NEAR and _by_initials(unit, said):
        return Match(unit, NEAR, best.found)
    return best


def _by_initials(unit: Unit, said: Reading) -> bool:
    name = unit.name
    return not unit.known and _ACRONYM <= len(name) <= 6 and name.isalpha() and name in said.initials


def recall(found: Iterable[Match], factors: dict[str, float]) -> float:
    """Weighed share of the reference that the candidate has; ``factors`` make single units count less."""
    total = got = 0.0
    for match in found:
        weight = match.unit.weight * factors.get(match.unit.name, 1.0)
        total += weight
        got += weight * match.strength
    return got / total if total else 0.0
