"""Rewards -> group-relative advantages -> tokens.

Group-relative advantage of GRPO (GEMeX-RMCoT section 4.2.2; as verl normalises it), over the scored rollouts of a
group only:

    A_i = (r_i - mean(r)) / (std(r) + epsilon)          std with n - 1

and MEDSAGE's credit for the self-check (section on self-check-guided RL), of a rollout that was revised:

    A_t = alpha * r_sc   for tokens of the self-check (mask m_t)
    A_t = A_i            for tokens of the second attempt
    A_t = 0              for every other token

of one that was not: ``A_i`` for the tokens of the first attempt, which is then the only one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from medreward_trainer.verl.segments import CHECK, FIRST, SECOND

EPSILON = 1e-6
"""added to the standard deviation, as verl does"""

Floats = npt.NDArray[np.float64]


def group_advantages(
    groups: Sequence[str],
    rewards: Sequence[float | None],
    *,
    by_std: bool = True,
    epsilon: float = EPSILON,
) -> Floats:
    """The advantage of each rollout in its group.

    Args:
        groups: the group of each rollout.
        rewards: of each rollout; None: absent, and then it counts in neither mean nor deviation.
        by_std: divide by the deviation (GRPO); else only the mean is taken off (Dr. GRPO).
        epsilon: added to the deviation.

    Returns:
        Of shape ``(rollouts,)``; 0 where the reward is absent, where the group has fewer than two scored rollouts, and
        where all its rewards are equal.

    Raises:
        ValueError: the lengths differ, or a reward is not finite: an absent one is None, never NaN.
    """
    if len(groups) != len(rewards):
        raise ValueError(f"{len(groups)} groups for {len(rewards)} rewards")
    members: dict[str, list[int]] = defaultdict(list)
    for index, (group, reward) in enumerate(zip(groups, rewards, strict=True)):
        if reward is None:
            continue
        if not math.isfinite(reward):
            raise ValueError(f"reward {index} is {reward}")
        members[group].append(index)
    advantages = np.zeros(len(groups))
    for indices in members.values():
        found = np.array([rewards[index] for index in indices], dtype=np.float64)
        # equal rewards may differ from their own mean by rounding, which epsilon would blow up
        if len(found) < 2 or np.all(found == found[0]):
            continue
        centred = found - found.mean()
        advantages[indices] = centred / (found.std(ddof=1) + epsilon) if by_std else centred
    return advantages


def token_advantages(
    tags: Sequence[int], mask: Sequence[int], outcome: float, *, revised: bool, alpha: float, credit: float | None
) -> Floats:
    """The advantage of each token of a response.

    Args:
        tags: segment of each token, see ``segments``.
        mask: 1 where a token is trained, else 0.
        outcome: the rollout's advantage in its group.
        revised: there was a second attempt; the tags do not say so where it has no token, and then no token earned
            the outcome.
        alpha: of the self-check's credit.
        credit: r_sc; None: undecided, and then the self-check gets none.

    Returns:
        Of shape ``(tokens,)``; 0 wherever ``mask`` is 0.

    Raises:
        ValueError: the lengths differ.
    """
    if len(tags) != len(mask):
        raise ValueError(f"{len(tags)} tags for {len(mask)} tokens")
    tag = np.asarray(tags, dtype=np.int64)
    final = SECOND if revised else FIRST
    advantages = outcome * (tag == final).astype(np.float64)
    advantages += alpha * (credit or 0.0) * (tag == CHECK)
    advantages *= np.asarray(mask, dtype=np.float64)
    return np.asarray(advantages + 0.0, dtype=np.float64)  # no negative zero
