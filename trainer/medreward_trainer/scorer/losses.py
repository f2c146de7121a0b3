"""What training minimises: a sound trajectory must outrank the unsound ones of its question.

With ``s`` the logit of a sound trajectory and ``u_1..u_n`` those of its unsound ones:

    infonce    -log( e^s / (e^s + sum_i e^u_i) )          (van den Oord et al. 2018, one positive)
    pairwise   1/n sum_i log(1 + e^(u_i - s))             (Bradley-Terry, as reward models are trained)
    absolute   cross-entropy of each logit with its own label, both labels weighing the same
"""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, softplus


def contrastive(
    logits: torch.Tensor, sound: torch.Tensor, row: torch.Tensor, loss: Literal["infonce", "pairwise"]
) -> torch.Tensor:
    """Mean loss over the sound trajectories of a batch.

    Args:
        logits: ``(n,)``.
        sound: ``(n,)`` bool.
        row: ``(n,)`` which contrast each belongs to; each has at least one sound and one unsound.
        loss: the form.
    """
    positives = sound.nonzero().squeeze(-1)
    rivals = (row[positives, None] == row[None, :]) & ~sound[None, :]
    against = logits[None, :] - logits[positives, None]
    if loss == "infonce":
        # log(1 + sum e^(u - s)), by logsumexp so that no exponential overflows
        against = against.masked_fill(~rivals, float("-inf"))
        return torch.logsumexp(torch.cat([torch.zeros_like(against[:, :1]), against], dim=-1), dim=-1).mean()
    return (torch.where(rivals, softplus(against), 0.0).sum(-1) / rivals.sum(-1)).mean()


def absolute(logits: torch.Tensor, sound: torch.Tensor) -> torch.Tensor:
    """Mean of the two labels' mean cross-entropies; ``logits`` and ``sound`` are ``(n,)``, with both labels in it."""
    losses = binary_cross_entropy_with_logits(logits, sound.float(), reduction="none")
    return (losses[sound].mean() + losses[~sound].mean()) / 2
