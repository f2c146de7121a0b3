"""Polarity: what the reference asserts, the candidate must not deny, and the other way round."""

from __future__ import annotations

from ..similarity import NEAR, Match, matches
from ..units import Reading, Unit
from .heads import heads

_STATED = frozenset(("finding", "state", "quality", "word", "imaging", "size"))
_MEDICAL = frozenset(("finding", "state", "imaging", "anatomy", "side"))


def polarity(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """A thing of the reference has the other polarity in the candidate, or both."""
    found = [match for match in matches(reference.units, candidate) if match.strength >= NEAR and match.found]
    keys = [match for match in found if match.unit.kind in _STATED and match.unit.weight >= 0.2] or found
    # "who sings you can't get what you want": the denial is part of the topic
    topical = any(unit.absent for unit in question.units)
    for match in keys:
        said = _said(match, candidate)
        if said and match.unit.absent not in said and not (not match.unit.absent and topical):
            denied = "the reference" if match.unit.absent else "the candidate"
            return f"{denied} denies {_spoken(match.unit)}, the other asserts it"
    if keys and _denied_as_a_whole(keys, candidate, reference):
        return f"the candidate both asserts and denies {_spoken(keys[0].unit)}"
    return _abnormal(reference, candidate, question) or _normal(reference, candidate, found)


def _said(match: Match, candidate: Reading) -> set[bool]:
    assert match.found is not None
    return {unit.absent for unit in candidate.units if unit.name == match.found.name}


def _denied_as_a_whole(keys: list[Match], candidate: Reading, reference: Reading) -> bool:
    """Some clause has every key of the reference with the other polarity."""
    names = {match.found.name: match.unit.absent for match in keys if match.found}
    clauses: dict[int, set[str]] = {}
    for unit in candidate.units:
        if unit.name in names and unit.absent != names[unit.name]:
            clauses.setdefault(unit.clause, set()).add(unit.name)
    sides = {unit.clause for unit in candidate.units if unit.kind == "side" and unit.name not in reference.names}
    medical = any(match.unit.known and match.unit.kind in _MEDICAL for match in keys)
    return any(
        found == set(names) and (medical or sum(unit.clause == clause for unit in candidate.units) <= len(names) + 1)
        for clause, found in clauses.items()
        if clause not in sides
    )


def _abnormal(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """The reference says that all is normal; the candidate finds something."""
    stated = [unit for unit in reference.units if unit.kind in _STATED]
    if not stated or any(unit.name != "abnormal" or not unit.absent for unit in stated):
        return None
    for unit in candidate.units:
        if unit.kind == "finding" and not unit.absent and unit.name not in question.names:
            return f"the reference says normal, the candidate asserts {_spoken(unit)}"
    return None


def _normal(reference: Reading, candidate: Reading, found: list[Match]) -> str | None:
    """The reference finds something in an organ that the candidate calls normal, and the candidate does not find it."""
    there = {match.unit.name for match in found}
    for at, unit in enumerate(candidate.units):
        if unit.name != "abnormal" or not unit.absent:
            continue
        organs = heads(candidate, at)
        for number, other in enumerate(reference.units):
            stated = other.kind in ("finding", "state") and not other.absent and other.name not in there
            shared = (
                {unit.name for unit in reference.units if unit.kind == "anatomy"} & organs & heads(reference, number)
            )
            if stated and shared:
                return f"the candidate calls {min(shared).replace('_', ' ')} normal, the reference does not"
    return None


def _spoken(unit: Unit) -> str:
    return unit.name.replace("_", " ")
