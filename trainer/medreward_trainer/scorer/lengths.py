"""Length as a shortcut: how well it alone tells sound from unsound, and what is left out so that it does not.

Of a kind, every unsound trajectory is compared with every sound one of its contrast. The AUC of length is the share of
those pairs in which the unsound one is longer, in words, and half the share of ties: 0.5 says nothing,
near 0 or 1 tells.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

import msgspec

from medreward_trainer.scorer.examples import Contrast, Example

TOLERANCE: Final = 0.1
"""how far from 0.5 the AUC of length may be in training data"""


class Length(msgspec.Struct, frozen=True):
    """How length tells one kind."""

    auc: float
    trajectories: int


def size(example: Example) -> int:
    """Words of its stages and its answer."""
    return sum(len(text.split()) for _, text in example.ask.stages) + len(example.ask.answer.split())


def length_aucs(contrasts: Sequence[Contrast]) -> dict[str, Length]:
    """By kind of the unsound; contrasts without a sound trajectory do not count."""
    found: dict[str, list[float]] = {}
    for contrast in contrasts:
        if contrast.sound:
            for example in contrast.unsound:
                found.setdefault(example.kind, []).append(_longer(example, contrast))
    return {kind: Length(sum(shares) / len(shares), len(shares)) for kind, shares in sorted(found.items())}


def balanced(contrasts: Sequence[Contrast], seed: int) -> tuple[list[Contrast], dict[str, int]]:
    """The contrasts without the unsound trajectories that length tells best, until no kind of any source is told by it.

    A kind of a source beyond :data:`TOLERANCE` loses those on the heavier side, the most telling first and at random
    among equals; a contrast left without an unsound trajectory goes with them. The second value says how many
    trajectories each kind lost.
    """
    rng = random.Random(seed)
    by_kind: dict[tuple[str, str], list[tuple[int, int, float]]] = {}
    for at, contrast in enumerate(contrasts):
        for place, example in enumerate(contrast.unsound):
            by_kind.setdefault((contrast.source, example.kind), []).append((at, place, _longer(example, contrast)))
    dropped: set[tuple[int, int]] = set()
    lost: dict[str, int] = {}
    for (_, kind), places in sorted(by_kind.items()):
        rng.shuffle(places)
        total, left = sum(share for *_, share in places), len(places)
        heavier = 1 if total / left > 0.5 else -1
        for at, place, share in sorted(places, key=lambda one: -heavier * one[2]):
            if abs(total / left - 0.5) <= TOLERANCE:
                break
            dropped.add((at, place))
            total, left = total - share, left - 1
            lost[kind] = lost.get(kind, 0) + 1
    kept = []
    for at, contrast in enumerate(contrasts):
        unsound = tuple(example for place, example in enumerate(contrast.unsound) if (at, place) not in dropped)
        if unsound:
            kept.append(msgspec.structs.replace(contrast, unsound=unsound))
    return kept, lost


def _longer(example: Example, contrast: Contrast) -> float:
    """Share of the contrast's sound trajectories that it is longer than."""
    own = size(example)
    return sum(1.0 if own > other else 0.5 if own == other else 0.0 for other in map(size, contrast.sound)) / len(
        contrast.sound
    )
