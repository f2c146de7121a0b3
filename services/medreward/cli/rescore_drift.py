"""What differs between two results of the same rollouts."""

from __future__ import annotations

import heapq
import math
from collections import Counter

import msgspec

from medreward.cli.types import SeenComponent, SeenResult

_SHOWN = 10


class ComponentDrift(msgspec.Struct):
    """A component, over the rollouts; each is counted once."""

    equal: int = 0
    up: int = 0
    """from 0 to 1"""
    down: int = 0
    """from 1 to 0"""
    moved: int = 0
    """from any other number to another"""
    newly_absent: int = 0
    newly_present: int = 0
    still_absent: int = 0
    only_before: int = 0
    """the recipe no longer has it"""
    only_now: int = 0
    """the recipe did not have it"""
    statuses: dict[str, int] = {}
    """of those newly absent"""


class Change(msgspec.Struct, frozen=True):
    """A reward that changed."""

    id: str
    before: float | None
    now: float | None

    @property
    def size(self) -> float:
        """Absolute difference; below any where one of them is absent, so that a server's failures hide none."""
        return -1.0 if self.before is None or self.now is None else abs(self.now - self.before)


class Mean:
    """Of numbers that are not kept."""

    def __init__(self) -> None:
        """Of none yet."""
        self.count = 0
        self._sum = 0.0

    def add(self, value: float) -> None:
        """Counts one in."""
        self.count += 1
        self._sum += value

    @property
    def value(self) -> float | None:
        """None of none."""
        return self._sum / self.count if self.count else None


class Drift:
    """Results compared, a pair at a time; only the biggest changes are kept."""

    def __init__(self) -> None:
        """Of none yet."""
        self.rollouts = 0
        self.changed = 0
        """rewards that are another number, newly absent or newly present"""
        self.newly_absent = 0
        self.newly_present = 0
        self.before = Mean()
        """rewards of the rollouts that have one before and now"""
        self.now = Mean()
        self.difference = Mean()
        self.components: dict[str, ComponentDrift] = {}
        self._biggest: list[tuple[float, int, Change]] = []

    def add(self, before: SeenResult, now: SeenResult) -> None:
        """Counts one in."""
        self.rollouts += 1
        for name in {**before.components, **now.components}:
            drift = self.components.setdefault(name, ComponentDrift())
            _count(drift, before.components.get(name), now.components.get(name))
        was, has = before.reward, now.reward
        if was is not None and has is not None:
            self.before.add(was)
            self.now.add(has)
            self.difference.add(has - was)
        self.newly_absent += was is not None and has is None
        self.newly_present += was is None and has is not None
        if not same(was, has):
            self.changed += 1
            change = Change(before.id, was, has)
            # of equal ones the earlier is kept
            heapq.heappush(self._biggest, (change.size, -self.rollouts, change))
            if len(self._biggest) > _SHOWN:
                heapq.heappop(self._biggest)

    @property
    def share(self) -> float:
        """Of the rollouts, those whose reward changed; 0 of none."""
        return self.changed / self.rollouts if self.rollouts else 0.0

    def biggest(self) -> list[Change]:
        """Ten changes of the reward: the biggest differences, then those to or from an absent one."""
        return [change for _, _, change in sorted(self._biggest, key=lambda entry: entry[:2], reverse=True)]


def same(before: float | None, now: float | None) -> bool:
    """Whether two values are the same number, but for rounding, or both absent."""
    if before is None or now is None:
        return before is now
    return math.isclose(before, now, rel_tol=1e-9, abs_tol=1e-9)


def _count(drift: ComponentDrift, before: SeenComponent | None, now: SeenComponent | None) -> None:
    if now is None:
        drift.only_before += 1
    elif before is None:
        drift.only_now += 1
    elif before.value is None and now.value is None:
        drift.still_absent += 1
    elif now.value is None:
        drift.newly_absent += 1
        drift.statuses = dict(Counter(drift.statuses) + Counter([now.status]))
    elif before.value is None:
        drift.newly_present += 1
    elif same(before.value, now.value):
        drift.equal += 1
    elif (before.value, now.value) == (0.0, 1.0):
        drift.up += 1
    elif (before.value, now.value) == (1.0, 0.0):
        drift.down += 1
    else:
        drift.moved += 1
