"""Reading many trajectories with a model, near lengths together."""

from __future__ import annotations

from collections.abc import Sequence

from medreward.scorer import ScorerAsk
from medreward.scorer.model import Model


def batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """The places of all items, near lengths together; a batch has at most ``tokens`` with padding, or one item."""
    made: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if made and (len(made[-1]) + 1) * lengths[place] <= tokens:
            made[-1].append(place)
        else:
            made.append([place])
    return made


def logits(model: Model, asks: Sequence[ScorerAsk], tokens: int = 4096) -> list[float]:
    """One logit an ask, in order; a forward has at most ``tokens`` with padding."""
    encoded = model.encoder.encode(asks)
    read = [0.0] * len(encoded)
    for members in batches([len(one.ids) for one in encoded], tokens):
        for member, logit in zip(members, model.logits([encoded[i] for i in members]), strict=True):
            read[member] = logit
    return read
