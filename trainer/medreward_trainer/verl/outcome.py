"""What became of a rollout: its reward and breakdown, or why there is none.

It travels from the agent loop to the trainer as plain containers, in a rollout's ``extra_fields``.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from medreward.contract import Component, Result
from medreward_trainer.client.types import Scored

KEY: Final = "medreward"
"""of ``extra_fields``"""
REFUSED: Final = "refused"
"""status of a rollout that the service does not take: no other rollout of the run will fare better"""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Of one rollout. There is a ``reward`` if and only if ``status`` is ``ok``."""

    status: str
    """``ok``, a status of the contract, or ``refused``"""
    reason: str = ""
    """in words, where the status is not ``ok``"""
    reward: float | None = None
    components: dict[str, Component] = {}
    """of the recipe; empty where no reply came"""
    detail: str = ""
    """why the reward is not the weighted sum"""
    fingerprint: str = ""
    """hash of the recipe and what judged: outcomes with one fingerprint are comparable"""
    first_right: bool | None = None
    """verdict on the first answer, asked for in the middle of the rollout; None: not asked, or no verdict"""
    revised: bool = False
    """there is a self-check and a second attempt"""
    no_room: bool = False
    """the first answer was wrong, but the response had no tokens left for a retry"""
    credit: float | None = None
    """r_sc of a revised rollout: 1 if the retry turned a wrong answer into a right one, else 0; None: undecided, or
    not revised"""
    texts: dict[str, str] = {}
    """what the policy wrote, by segment: ``first``, ``self_check``, ``second``"""
    tags: list[int] = []
    """segment of each token of the response, see ``segments``"""
    worker: str = ""
    """process whose client asked"""
    client: dict[str, float] = {}
    """that client's counters so far"""

    @property
    def scored(self) -> bool:
        """Whether there is a reward."""
        return self.reward is not None


def outcome_of(scored: Scored, **more: Any) -> Outcome:
    """What a final reply says; the rest of the fields by name."""
    result = scored.result
    return Outcome(
        status=scored.status,
        reason="" if result.reward is not None else scored.reason or _why(result),
        reward=result.reward,
        components=dict(result.components),
        detail=result.detail or "",
        fingerprint=_hash(scored),
        **more,
    )


def packed(outcome: Outcome) -> dict[str, Any]:
    """As plain containers."""
    plain: dict[str, Any] = msgspec.to_builtins(outcome)
    return plain


def unpacked(extra_fields: Mapping[str, Any]) -> Outcome:
    """Out of a rollout's ``extra_fields``.

    Raises:
        ValueError: another agent loop made it, which carries no outcome.
    """
    if KEY not in extra_fields:
        raise ValueError("a rollout carries no outcome: its agent loop is none of medreward's (agent_name in the data)")
    return msgspec.convert(extra_fields[KEY], Outcome)


def flat(components: Mapping[str, Component], reward: float | None) -> dict[str, float | str | None]:
    """Reward and components under flat keys, for verl's validation metrics.

    Of each component NAME: ``medreward/NAME`` (its value; None where absent, which verl 0.9 leaves out of every mean),
    ``medreward/NAME/absent`` (1 or 0, so that its mean is the share absent) and ``medreward/NAME/status`` (text, which
    verl does not average). No key is called ``acc``: verl counts a sample without it as 0.
    """
    values: dict[str, float | str | None] = {"score": reward}
    for name, component in components.items():
        values[f"medreward/{name}"] = component.value
        values[f"medreward/{name}/absent"] = float(component.value is None)
        values[f"medreward/{name}/status"] = component.status
    return values


def _why(result: Result) -> str:
    missing = [
        f"{name}: {one.status}: {one.detail}"
        for name, one in result.components.items()
        if one.value is None and one.applies_to is None
    ]
    return "; ".join(missing) or result.detail or "the recipe has no component that counts"


def _hash(scored: Scored) -> str:
    if scored.fingerprint is None:
        return ""
    return sha256(msgspec.json.encode(scored.fingerprint, order="sorted")).hexdigest()[:16]
