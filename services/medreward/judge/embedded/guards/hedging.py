"""Hedging: an answer that does not commit itself, or that commits itself to everything."""

from __future__ import annotations

from ..lexicon import LEXICON
from ..similarity import NEAR, matches, strength
from ..units import Reading

_KEYS = frozenset(("finding", "anatomy", "imaging", "word", "number", "side", "position", "month"))
_MEDICAL = frozenset(("finding", "anatomy", "imaging"))
_NEAR = 4
_SCATTERED = 9
"""units of a list without commas"""
_LISTED = 2.5
"""units for each of its findings, at most"""
_MOST_FINDINGS = 4
"""findings or places that an answer may list beyond the reference's"""


def hedging(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """The candidate doubts what it says, offers it as one of several, or lists too much."""
    found = [match for match in matches(reference.units, candidate) if match.strength >= NEAR and match.found]
    mine = {match.found.name for match in found if match.found}
    if not mine:
        return None
    keys = {match.found.name for match in found if match.found and match.unit.weight >= 0.3} or mine
    doubted = not any(unit.hedged for unit in reference.units)
    if doubted and all(unit.hedged for unit in candidate.units if unit.name in keys):
        return "the candidate hedges"
    if "or" not in reference.joins:
        alternative = _alternatives(candidate, mine, reference, question)
        if alternative:
            return f"the candidate offers {alternative} as an alternative"
    return _too_many(candidate, mine, reference, question)


def _segments(candidate: Reading) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for at, unit in enumerate(candidate.units):
        found.setdefault(unit.segment, []).append(at)
    return found


def _lists(candidate: Reading, segments: dict[int, list[int]]) -> list[list[int]]:
    """Runs of segments that are joined to one list and lie in one clause."""
    runs: list[list[int]] = []
    for number in sorted(segments):
        joined = candidate.joins[number] in ("or", "and", ",") if number < len(candidate.joins) else False
        same = runs and runs[-1][-1] == number - 1
        if joined and same:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [run for run in runs if len(run) > 1]


def _stands_for(name: str, candidate: Reading, mine: set[str], reference: Reading) -> bool:
    return name in mine or any(
        strength(wanted, unit) >= NEAR for unit in candidate.units if unit.name == name for wanted in reference.units
    )


def _alternatives(candidate: Reading, mine: set[str], reference: Reading, question: Reading) -> str | None:
    if "or" not in candidate.joins:
        return None
    segments = _segments(candidate)
    for run in _lists(candidate, segments):
        if not any(candidate.joins[number] == "or" for number in run[1:]):
            continue
        names = {candidate.units[at].name for number in run for at in segments[number]}
        if not names & mine or all(candidate.units[at].absent for number in run for at in segments[number]):
            continue
        topic = question.others | (question.names if "or" not in question.joins else frozenset())
        for position, number in enumerate(run):
            # beside the "or": the end of what stands before it, the beginning of what stands behind
            near = segments[number][-_NEAR:] if position == 0 else segments[number][:_NEAR]
            for at in near:
                unit = candidate.units[at]
                normal = (
                    unit.name == "abnormal" and unit.absent and not any(u.name == "abnormal" for u in reference.units)
                )
                if unit.name in topic or (unit.kind not in _KEYS and not normal) or unit.weight <= 0.5:
                    continue
                if not _stands_for(unit.name, candidate, mine, reference):
                    return unit.name.replace("_", " ").lstrip("#")
    return None


def _scattered(candidate: Reading, mine: set[str], reference: Reading, question: Reading) -> bool:
    """ "1. pneumonia 2. effusion 3. mass": a list without commas."""
    expected = max(1, len({(unit.clause, unit.segment) for unit in reference.units}))
    said = [unit for unit in candidate.units if unit.kind != "number"]
    if candidate.linked or len(said) > _SCATTERED:
        return False
    strange = {
        unit.name
        for unit in candidate.units
        if unit.kind == "finding"
        and not unit.absent
        and unit.name not in question.names | question.others
        and not _stands_for(unit.name, candidate, mine, reference)
    }
    return bool(mine & candidate.names) and len(strange) >= 2 * expected and len(said) <= _LISTED * len(strange)


def _too_many(candidate: Reading, mine: set[str], reference: Reading, question: Reading) -> str | None:
    segments = _segments(candidate)
    for run in _lists(candidate, segments):
        items = [[candidate.units[at] for at in segments[number]] for number in run]
        if not any(unit.name in mine for item in items for unit in item):
            continue
        strange = [
            item
            for item in items
            if any(unit.kind in _KEYS and not unit.absent for unit in item)
            and not any(unit.name in question.others for unit in item)
            and not any(_stands_for(unit.name, candidate, mine, reference) or unit.hedged for unit in item)
        ]
        expected = max(1, len({unit.segment for unit in reference.units}))
        medical = sum(any(unit.known and unit.kind in _MEDICAL for unit in item) for item in strange)
        many = medical >= 2 * expected or len(strange) >= 3 * expected
        if not candidate.linked and many and all(len(item) <= 3 for item in items):
            return f"the candidate lists {len(items)} things where the reference has {expected}"
    if _scattered(candidate, mine, reference, question):
        return "the candidate lists findings one by one"
    extra = {
        unit.name
        for unit in candidate.units
        if unit.kind == "finding"
        and not unit.absent
        and unit.weight >= 1.0
        and unit.name not in mine
        and unit.name not in question.names
        and unit.name not in reference.names
        and not any(parent in mine for parent in LEXICON.parents.get(unit.name, ()))
    }
    wanted = sum(unit.kind == "finding" for unit in reference.units)
    if len(extra) > _MOST_FINDINGS + 2 * wanted:
        return f"the candidate lists {len(extra)} findings that the reference does not have"
    return None
