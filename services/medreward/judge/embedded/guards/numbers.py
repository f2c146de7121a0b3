"""Numbers: every number of the reference that the candidate gives must be the same, unit and level too."""

from __future__ import annotations

import re

from ..units import Reading, Unit
from .heads import listed_together

_SPINE = frozenset("ctls")
"""levels of the spine: cervical, thoracic, lumbar, sacral"""
_BOUNDS = frozenset(("more_than", "less_than", "at_least", "at_most"))
_CODE = re.compile(r"([a-z]{1,3})(\d{1,3})")


def numbers(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """The candidate gives another number where the reference has one, or a second one beside it."""
    return (
        _quantities(reference, candidate, question)
        or _bounds(reference, candidate)
        or _codes(reference, candidate)
        or _letters(reference, candidate)
    )


def _of(reading: Reading) -> list[tuple[int, Unit]]:
    return [(at, unit) for at, unit in enumerate(reading.units) if unit.quantity is not None]


def _equal(one: Unit, other: Unit) -> bool:
    return one.quantity is not None and other.quantity is not None and one.quantity.equals(other.quantity)


def _comparable(one: Unit, other: Unit) -> bool:
    if one.quantity is None or other.quantity is None:
        return False
    a, b = one.quantity.dimension, other.quantity.dimension
    return a == b or ((not a or not b) and "year" not in (a, b))


def _quantities(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    wanted, said = _of(reference), _of(candidate)
    if not wanted or not said:
        return None
    asked = [unit for _, unit in _of(question)]
    given = [unit for _, unit in wanted]
    strange = [
        (at, unit)
        for at, unit in said
        if not any(_equal(unit, other) for other in given) and not any(_equal(unit, other) for other in asked)
    ]
    for _, unit in wanted:
        if not any(_equal(unit, other) for _, other in said):
            for _, other in strange:
                if _comparable(unit, other):
                    return f"number: {_spoken(other)} in the candidate, {_spoken(unit)} in the reference"
    for at, unit in strange:
        for beside, other in said:
            if (
                any(_equal(other, mine) for mine in given)
                and _comparable(unit, other)
                and _beside(candidate, at, beside)
            ):
                return f"the candidate gives {_spoken(unit)} beside {_spoken(other)}"
    return None


def _bounds(reference: Reading, candidate: Reading) -> str | None:
    """ "2 or more", "at least 2", "more than 2": that is not 2."""
    if _BOUNDS & reference.names or not _BOUNDS & candidate.names:
        return None
    given = [unit for _, unit in _of(reference)]
    for at, unit in _of(candidate):
        around = {other.name for other in candidate.units[max(0, at - 1) : at + 2]} & _BOUNDS
        if around and any(_equal(unit, other) for other in given):
            return f"the candidate says {min(around).replace('_', ' ')} {_spoken(unit)}"
    return None


def _beside(candidate: Reading, at: int, other: int) -> bool:
    one, two = candidate.units[at], candidate.units[other]
    low, high = sorted((at, other))
    between = candidate.units[low + 1 : high]
    if one.clause == two.clause and not any(unit.kind in ("month",) or _is_year(unit) for unit in between):
        if not any(unit.quantity is None for unit in between):
            return True
        joins = candidate.joins[candidate.units[low].segment + 1 : candidate.units[high].segment + 1]
        if "or" in joins and listed_together(candidate, low, high):
            return True
    if all(unit.quantity is not None or unit.weight < 0.5 for unit in candidate.units):
        return True
    after = [candidate.units[i + 1].name for i in (low, high) if i + 1 < len(candidate.units)]
    return len(after) == 2 and after[0] == after[1]


def _is_year(unit: Unit) -> bool:
    return unit.quantity is not None and unit.quantity.dimension == "year"


def _codes(reference: Reading, candidate: Reading) -> str | None:
    for unit in reference.units:
        code = _CODE.fullmatch(unit.name)
        if code is None:
            continue
        others = [found for other in candidate.units if not other.absent and (found := _CODE.fullmatch(other.name))]
        strange = [found[0] for found in others if _same_scale(found[1], code[1]) and found[0] not in reference.names]
        if strange:
            return f"level: {strange[0]} in the candidate, {unit.name} in the reference"
    return None


def _letters(reference: Reading, candidate: Reading) -> str | None:
    """ "Hepatitis B" is not "hepatitis C"."""
    wanted = {unit.name for unit in reference.units if len(unit.name) == 1}
    said = {unit.name for unit in candidate.units if len(unit.name) == 1 and not unit.absent}
    if wanted and said and not wanted & said:
        return f"letter: {min(said)} in the candidate, {min(wanted)} in the reference"
    return None


def _same_scale(one: str, other: str) -> bool:
    return one == other or (one in _SPINE and other in _SPINE)


def _spoken(unit: Unit) -> str:
    assert unit.quantity is not None
    return f"{unit.quantity.written:g} {unit.quantity.dimension}".strip()
