"""Gates: conditions under which a recipe's whole reward is 0, however good its components are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from medreward.rewards.grounding import count_equal, usable
from medreward.rewards.types import Outcome, Sample


class Gate(NamedTuple):
    """A condition on a scored rollout."""

    fails: Callable[[Sample, Mapping[str, Outcome]], str | None]
    """why the rollout does not pass, or None when it does"""
    component: str | None = None
    """a component that it reads, which the recipe must have"""


def _format(sample: Sample, outcomes: Mapping[str, Outcome]) -> str | None:
    outcome = outcomes["format"]
    return None if outcome.value == 1.0 else f"format: {outcome.detail}"


def _box_count(sample: Sample, outcomes: Mapping[str, Outcome]) -> str | None:
    return count_equal(sample)


def _boxes_valid(sample: Sample, outcomes: Mapping[str, Outcome]) -> str | None:
    bad = sum(usable(region, sample.rollout) is None for region in sample.trajectory.regions)
    return f"{bad} boxes written wrongly" if bad else None


GATES: dict[str, Gate] = {
    "format": Gate(_format, "format"),
    "box_count": Gate(_box_count),
    "boxes_valid": Gate(_boxes_valid),
}
