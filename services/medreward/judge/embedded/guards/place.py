"""Place: what lies in the head is not in the belly. Only for organs that lie in one part of the body alone."""

from __future__ import annotations

from ..lexicon import LEXICON
from ..units import Reading

_QUALITIES = frozenset(("state", "quality", "size", "generic"))
_TELLS = 0.5
"""weight of a unit that is no mere circumstance"""


def place(reference: Reading, candidate: Reading, question: Reading) -> str | None:
    """Reference and candidate name organs, and none of the candidate's lies where one of the reference's does."""
    wanted, said = _regions(reference, frozenset()), _regions(candidate, question.names)
    if not wanted and all(unit.kind in _QUALITIES for unit in reference.units):
        wanted = _regions(question, frozenset())  # "enlarged" is said of what was asked about
    if not wanted or not said or wanted.keys() & said.keys():
        return None
    return f"the candidate speaks of {_spoken(said)}, the reference of {_spoken(wanted)}"


def _regions(reading: Reading, given: frozenset[str]) -> dict[str, str]:
    return {
        LEXICON.regions[unit.name]: unit.name
        for unit in reading.units
        if unit.name in LEXICON.regions and not unit.absent and unit.weight > _TELLS and unit.name not in given
    }


def _spoken(regions: dict[str, str]) -> str:
    return min(regions.values()).replace("_", " ")
