"""What a call asks for, and what comes back."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from medreward.contract import Fingerprint, Result

OUT_OF_SERVICE = ("timeout", "overloaded", "unavailable")
"""statuses that say nothing about the rollout: another time it may be scored"""


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one rollout."""

    result: Result
    """as the service sent it; without components and reward when ``unscored``"""
    fingerprint: Fingerprint | None = None
    """of the reply; None when ``unscored``"""
    unscored: str = ""
    """why there is no reply within the deadline: ``timeout``, ``overloaded`` or ``unavailable``; empty: there is one"""
    reason: str = ""
    """in words, when ``unscored``"""

    @property
    def status(self) -> str:
        """``ok`` if there is a reward, else why not: ``unscored``, or the status of the first component missing."""
        if self.result.reward is not None:
            return "ok"
        return self.unscored or missing(self.result)


def missing(result: Result) -> str:
    """Status of the first component without which there is no reward; ``none`` where no component counts at all."""
    counted = (c for c in result.components.values() if c.applies_to is None and c.weight)
    return next((c.status for c in counted if c.status != "ok"), "none")


class Ask(NamedTuple):
    """What the rollouts of one request must have in common."""

    recipe: str
    components: tuple[tuple[str, float], ...]
    explain: bool


class ServiceLimits(msgspec.Struct, frozen=True):
    """What the service takes, of ``GET /v1/info``."""

    rollouts: int
    body_mib: float


class Service(msgspec.Struct, frozen=True):
    """A service as it was found when it was checked."""

    version: str
    recipe: str
    recipe_hash: str
    components: tuple[str, ...]
    """keys of every result by this recipe, in alphabetical order"""


class Readiness(NamedTuple):
    """Whether the service can be asked."""

    ready: bool
    reason: str
    """which endpoint is ready, or what was last in the way"""
