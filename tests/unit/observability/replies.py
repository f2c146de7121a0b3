"""Replies of the pipeline, as the metrics see them."""

from __future__ import annotations

from collections.abc import Sequence

from medreward.contract import types as t


def reply(
    values: Sequence[float | None], recipe: str = "gemex", judge: dict[str, str] | None = None
) -> t.ScoreResponse:
    """One rollout a value, with a component ``semantics`` of it; of None, it is absent and so is the reward."""
    return t.ScoreResponse(
        [_result(value) for value in values],
        t.Fingerprint(version="1", recipe=recipe, recipe_hash="h", judge=judge or {}),
        t.Timing(queue=1.0, deterministic=2.0, total=30.0),
    )


def _result(value: float | None) -> t.Result:
    status: t.Status = "ok" if value is not None else "timeout"
    component = t.Component(status=status, value=value, weight=2.0, detail="")
    return t.Result(id="r", reward=None if value is None else 2 * value, components={"semantics": component})
