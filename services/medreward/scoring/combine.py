"""Outcomes -> the result of one rollout: weights, the sum, the gates."""

from __future__ import annotations

import math
from collections.abc import Mapping

from medreward.contract import types as t
from medreward.parsing import Trajectory
from medreward.rewards.grounding import space_of, usable
from medreward.rewards.types import Outcome, Sample, unscored
from medreward.scoring.recipes import Part, Recipe


def combine(recipe: Recipe, sample: Sample, outcomes: Mapping[str, Outcome]) -> t.Result:
    """The weighted sum of a rollout's components, or no reward when any that counts is absent.

    ``reward = sum of weight * value`` over the components that apply to the response, 0 when a gate is not passed.
    """
    components = {part.name: _component(part, outcomes[part.name], sample.explain) for part in recipe.parts}
    counted = [(part.weight, outcomes[part.name].value) for part in recipe.parts if part.counts]
    reward: float | None = None
    detail = None if counted else "no component counts towards a reward"
    if counted and all(value is not None for _, value in counted):
        # fsum: 0.6 + 0.3 + 0.1 is 1
        reward = math.fsum(weight * value for weight, value in counted if value is not None)
    # a gate is asked only once every component is there: no failure may turn into the number 0
    if reward is not None:
        failed = [why for gate in recipe.gates if (why := gate.fails(sample, outcomes))]
        if failed:
            reward, detail = 0.0, f"gated to 0: {'; '.join(failed)}"
    return t.Result(
        id=sample.rollout.id,
        components=components,
        reward=reward,
        detail=detail,
        trajectory=_trajectory(sample.trajectory, sample.rollout) if sample.explain else None,
    )


def absent(recipe: Recipe, rollout: t.Rollout, status: t.Status, detail: str) -> t.Result:
    """The result of a rollout of which nothing could be computed: every component absent for one reason."""
    outcome = unscored(status, detail)
    components = {part.name: _component(part, outcome, False) for part in recipe.parts}
    return t.Result(id=rollout.id, components=components)


def _component(part: Part, outcome: Outcome, explain: bool) -> t.Component:
    return t.Component(
        status=outcome.status,
        weight=part.weight,
        detail=outcome.detail,
        value=outcome.value,
        applies_to=None if part.reward.applies_to == "response" else part.reward.applies_to,
        explanation={str(k): _plain(v) for k, v in outcome.explanation.items()}
        if explain and outcome.explanation
        else None,
    )


def _plain(value: object) -> object:
    """What JSON and protobuf can carry alike: a user's reward may explain itself with anything."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (str, bool)) or (isinstance(value, (int, float)) and math.isfinite(value)):
        return value
    return str(value)


def _trajectory(trajectory: Trajectory, rollout: t.Rollout) -> t.Trajectory:
    return t.Trajectory(
        dialect=trajectory.dialect,
        stages=[t.Stage(stage.name, stage.text, *stage.span) for stage in trajectory.stages],
        answer=trajectory.answer,
        regions=[
            t.PredictedRegion(
                region.label, list(usable(region, rollout) or ()), space_of(region, rollout), *region.span
            )
            for region in trajectory.regions
        ],
        problems=[t.Problem(problem.code, problem.message, *problem.span) for problem in trajectory.problems],
    )
