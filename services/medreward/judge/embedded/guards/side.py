"""Side: left, right or both. A side that is missing is for the similarity; a side that is wrong is wrong."""

from __future__ import annotations

from ..units import Reading
from .heads import heads

_BOTH = frozenset(("left", "right"))
_NAMES = {"left": frozenset(("left",)), "right": frozenset(("right",)), "bilateral": _BOTH}


def side(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """The candidate's sides are not the reference's, as a whole or for one finding."""
    wanted = _sides(reference)
    said = _sides(candidate)
    if not said:
        return _one_or_both(reference, candidate)
    if not wanted:
        asked = _sides(question)
        if len(asked) == 1 and not asked & said:
            return f"the candidate speaks of the {_spoken(said)} side, the question of the {_spoken(asked)}"
        return None
    if said != wanted:
        extra = said - wanted
        if not extra or not _elsewhere(reference, candidate, extra):
            return f"side: {_spoken(said)} in the candidate, {_spoken(wanted)} in the reference"
    return _crossed(reference, candidate)


def _sides(reading: Reading) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for unit in reading.units:
        if unit.kind == "side" and not (unit.absent and _denied_itself(reading, unit.clause)):
            found |= _NAMES.get(unit.name, frozenset())
    return found


def _denied_itself(reading: Reading, clause: int) -> bool:
    """ "not the left" denies the side, "no left effusion" the effusion."""
    return not any(
        unit.clause == clause and unit.absent and unit.kind in ("finding", "state", "quality", "word", "imaging")
        for unit in reading.units
    )


def _one_or_both(reference: Reading, candidate: Reading) -> str | None:
    wanted = {unit.name for unit in reference.units if unit.kind == "side"}
    if "bilateral" in wanted and "unilateral" in candidate.names:
        return "the candidate says one side, the reference both"
    if "unilateral" in wanted and "bilateral" in candidate.names:
        return "the candidate says both sides, the reference one"
    return None


def _elsewhere(reference: Reading, candidate: Reading, extra: frozenset[str]) -> bool:
    """The further side is said of something that the reference does not speak of, or only denied there."""
    for at, unit in enumerate(candidate.units):
        if unit.kind == "side" and _NAMES.get(unit.name, frozenset()) & extra:
            clause = [other for other in candidate.units if other.clause == unit.clause]
            if any(other.absent for other in clause) and not any(
                other.name in reference.names and other.kind == "finding" and not other.absent for other in clause
            ):
                continue
            own = heads(candidate, at)
            if unit.name == "bilateral" or not own or own & reference.names:
                return False
            if all(
                candidate.units[i].kind != "finding"
                for i in range(len(candidate.units))
                if candidate.units[i].name in own
            ):
                return False
    return True


def _crossed(reference: Reading, candidate: Reading) -> str | None:
    """ "Left effusion, right pneumothorax" is not "right effusion, left pneumothorax"."""
    mine = _by_head(reference)
    for head, sides in _by_head(candidate).items():
        if head in mine and not sides & mine[head]:
            thing = head.replace("_", " ")
            return f"side of {thing}: {_spoken(sides)} in the candidate, {_spoken(mine[head])} in the reference"
    return None


def _by_head(reading: Reading) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for at, unit in enumerate(reading.units):
        if unit.kind == "side" and unit.name in _NAMES:
            for head in heads(reading, at):
                found[head] = found.get(head, frozenset()) | _NAMES[unit.name]
    return found


def _spoken(sides: frozenset[str]) -> str:
    return "both" if len(sides) > 1 else min(sides)
