"""What a reward function is given and what it returns.

A reward is a pure function of a :class:`Sample` and its parameters. It returns an :class:`Outcome`, or, when it
needs the judge or the scorer, a :class:`Pending`: the questions to ask and how to finish once they are answered.
The pipeline collects the questions of a whole batch and asks each service once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from medreward.contract.types import Rollout, Status
from medreward.judge import JudgeAsk
from medreward.parsing import Trajectory
from medreward.scorer import ScorerAsk


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of a reward's parameters; a reward without any takes this one."""


class Sample(NamedTuple):
    """A rollout with its parsed text."""

    rollout: Rollout
    trajectory: Trajectory
    """of the retry's response where there is a retry, else of the response"""
    first: Trajectory | None
    """of the first response, where there is a retry"""
    explain: bool
    """whether anybody will read ``Outcome.explanation``"""


class Outcome(NamedTuple):
    """A component before it is weighted. ``value`` is there if and only if ``status`` is ``ok``."""

    status: Status
    value: float | None
    detail: str
    explanation: Mapping[str, Any] | None = None


def scored(value: float, detail: str, explanation: Mapping[str, Any] | None = None) -> Outcome:
    """A reward that was computed; 0 for a poor or malformed response belongs here."""
    return Outcome("ok", value, detail, explanation)


def unscored(status: Status, detail: str) -> Outcome:
    """A reward that could not be computed: it has no value, only a reason."""
    if status == "ok":
        raise ValueError("an unscored outcome cannot have status ok")
    return Outcome(status, None, detail)


class Pending(NamedTuple):
    """An outcome that waits for a service."""

    service: Literal["judge", "scorer"]
    asks: Sequence[JudgeAsk | ScorerAsk]
    finish: Callable[[Sequence[Outcome]], Outcome]
    """from the answers, in the order of ``asks``"""


RewardFunction = Callable[[Sample, Any], "Outcome | Pending"]


class Reward(NamedTuple):
    """An entry of the registry."""

    function: RewardFunction
    params: type[Params] = Params
    applies_to: Literal["response", "self_check_tokens"] = "response"
    """``self_check_tokens``: reported as credit for those tokens and never summed into ``reward``"""
