"""Outcomes for tests."""

from __future__ import annotations

from typing import Any

from medreward.contract import Component
from medreward_trainer.verl.outcome import Outcome
from medreward_trainer.verl.segments import CHECK, FIRST, SECOND, TEMPLATE


def component(value: float | None, status: Any = "ok", weight: float = 1.0, applies_to: str | None = None) -> Component:
    return Component(status=status, value=value, weight=weight, detail="why", applies_to=applies_to)


def scored(reward: float, **more: Any) -> Outcome:
    """One turn of three tokens."""
    return Outcome(
        status="ok", reward=reward, components={"semantics": component(reward)}, **{"tags": [FIRST] * 3, **more}
    )


def unscored(status: Any = "unavailable", **more: Any) -> Outcome:
    return Outcome(
        status=status,
        reason="gone",
        components={"semantics": component(None, status)},
        **{"tags": [FIRST] * 3, **more},
    )


REVISED = [FIRST, FIRST, TEMPLATE, CHECK, CHECK, CHECK, TEMPLATE, SECOND, SECOND]
"""a rollout with a retry: two tokens, three of self-check, two"""
MASK = [1, 1, 0, 1, 1, 1, 0, 1, 1]
