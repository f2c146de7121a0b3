"""Every reward by name: ours in one literal table, a user's by entry point.

A user's package declares, for instance,

    [project.entry-points."medreward.rewards"]
    brevity = "my_package:brevity"

where ``brevity`` is a reward function (``(sample, params) -> Outcome``) or a whole
:class:`~medreward.rewards.types.Reward` with its parameters. It cannot take the name of one of ours.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from medreward.rewards.answer import answer
from medreward.rewards.consistency import consistency
from medreward.rewards.format import FormatParams, format_
from medreward.rewards.grounding import GroundingParams, grounding
from medreward.rewards.self_check import self_check
from medreward.rewards.semantics import semantics
from medreward.rewards.types import Reward

ENTRY_POINT_GROUP = "medreward.rewards"

BUILTIN: dict[str, Reward] = {
    "answer": Reward(answer),
    "consistency": Reward(consistency),
    "format": Reward(format_, FormatParams),
    "grounding": Reward(grounding, GroundingParams),
    "self_check": Reward(self_check, applies_to="self_check_tokens"),
    "semantics": Reward(semantics),
}


class RegistryError(ValueError):
    """A reward of a user cannot be registered; the message names its entry point."""


def load_rewards() -> dict[str, Reward]:
    """Our rewards and those of the installed packages.

    Raises:
        RegistryError: when an entry point takes a name that is in use, does not load, or is no reward.
    """
    rewards = dict(BUILTIN)
    for point in entry_points(group=ENTRY_POINT_GROUP):
        where = f"entry point {point.name} = {point.value}"
        if point.name in rewards:
            raise RegistryError(f"{where}: there is already a reward of that name")
        try:
            loaded = point.load()
        except Exception as error:
            raise RegistryError(f"{where}: does not load: {type(error).__name__}: {error}") from error
        if not isinstance(loaded, Reward) and not callable(loaded):
            raise RegistryError(f"{where}: is neither a function nor a Reward")
        rewards[point.name] = loaded if isinstance(loaded, Reward) else Reward(loaded)
    return rewards


def summary(reward: Reward) -> str:
    """The first line of the reward's docstring, as plain text."""
    lines = (reward.function.__doc__ or "").strip().splitlines()
    return lines[0].replace("`", "") if lines else ""
