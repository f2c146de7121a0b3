"""Reading many trajectories with a model, near lengths together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medreward.scorer import ScorerAsk
from medreward.scorer.model import Model


def chunks(lengths: Sequence[int], tokens: int) -> Iterator[range]:
    """Consecutive ranges of ascending ``lengths``, each of at most ``tokens`` with padding (or of one item)."""
    start = 0
    for at, length in enumerate(lengths):
        if at > start and (at + 1 - start) * length > tokens:
            yield range(start, at)
            start = at
    if lengths:
        yield range(start, len(lengths))


def logits(model: Model, asks: Sequence[ScorerAsk], tokens: int = 4096) -> list[float]:
    """One logit an ask, in order; a forward has at most ``tokens`` with padding."""
    encoded = model.encoder.encode(asks)
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
    read = [0.0] * len(encoded)
    for chunk in chunks([len(encoded[i].ids) for i in order], tokens):
        members = [order[at] for at in chunk]
        for member, logit in zip(members, model.logits([encoded[i] for i in members]), strict=True):
            read[member] = logit
    return read
