"""What a modifier belongs to: "left" in "left pleural effusion" to the pleura and the effusion."""

from __future__ import annotations

from ..units import Reading

_HEADS = frozenset(("finding", "anatomy", "word", "imaging"))


def heads(reading: Reading, at: int) -> frozenset[str]:
    """Names of the units that the one at ``at`` belongs to: behind it in its segment, else before it, else nearby."""
    unit = reading.units[at]
    behind = {
        other.name
        for other in reading.units[at + 1 : at + 6]
        if other.kind in _HEADS and (other.clause, other.segment) == (unit.clause, unit.segment)
    }
    if behind:
        return frozenset(behind)
    before = {
        other.name
        for other in reading.units[max(0, at - 5) : at]
        if other.kind in _HEADS and (other.clause, other.segment) == (unit.clause, unit.segment)
    }
    if before:
        return frozenset(before)
    return frozenset(
        other.name
        for other in reading.units[at + 1 : at + 5]
        if other.kind in _HEADS
        and other.clause == unit.clause
        and other.segment == unit.segment + 1
        and reading.joins[other.segment] in ("or", "and")
    )


def listed_together(reading: Reading, one: int, other: int) -> bool:
    """Whether two units stand in one list: "left or right", "3, 4"."""
    low, high = sorted((reading.units[one].segment, reading.units[other].segment))
    if reading.units[one].clause != reading.units[other].clause:
        return False
    return all(reading.joins[segment] in ("or", "and", ",") for segment in range(low + 1, high + 1)) and high - low <= 3
