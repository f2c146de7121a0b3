"""Trajectories as columns, and the pairs of each question: metrics are then sums over arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from medreward.scorer.encoding import readable
from medreward_trainer.scorer.evaluation.types import Counts
from medreward_trainer.scorer.examples import Contrast, Example

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Table(NamedTuple):
    """``n`` trajectories in the order of their contrasts, sound ones first; every column has shape ``(n,)``."""

    examples: Sequence[Example]
    contrast: Ints
    """which question a trajectory belongs to"""
    group: Ints
    """which image, report or case: what a split never divides, and what is resampled"""
    source: NDArray[Any]
    kind: NDArray[Any]
    writer: NDArray[Any]
    sound: Bools
    words: Ints
    """of the stages and the answer, as the encoder reads them"""

    @classmethod
    def of(cls, contrasts: Sequence[Contrast]) -> Self:
        """The trajectories of ``contrasts``."""
        rows = [(i, c, e) for i, c in enumerate(contrasts) for e in (*c.sound, *c.unsound)]
        names = {name: i for i, name in enumerate(dict.fromkeys((c.source, c.group) for c in contrasts))}
        return cls(
            examples=[e for _, _, e in rows],
            contrast=np.array([i for i, _, _ in rows], dtype=np.int64),
            group=np.array([names[c.source, c.group] for _, c, _ in rows], dtype=np.int64),
            source=np.array([c.source for _, c, _ in rows], dtype=np.str_),
            kind=np.array([e.kind for _, _, e in rows], dtype=np.str_),
            writer=np.array([e.writer for _, _, e in rows], dtype=np.str_),
            sound=np.array([e.sound for _, _, e in rows], dtype=np.bool_),
            words=np.array([len(told(e).split()) for _, _, e in rows], dtype=np.int64),
        )

    def where(self, mask: Bools) -> Self:
        """The rows of ``mask``; contrasts and groups keep their numbers."""
        kept = {name: column[mask] for name, column in self._asdict().items() if name != "examples"}
        return self._replace(examples=[self.examples[i] for i in np.flatnonzero(mask)], **kept)

    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of the sound and of the unsound one of every pair within a contrast, two arrays of one shape."""
        left: list[Ints] = []
        right: list[Ints] = []
        order = np.argsort(self.contrast, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(self.contrast[order])) + 1):
            sound, unsound = rows[self.sound[rows]], rows[~self.sound[rows]]
            left.append(np.repeat(sound, len(unsound)))
            right.append(np.tile(unsound, len(sound)))
        empty = np.empty(0, dtype=np.int64)
        return np.concatenate([empty, *left]), np.concatenate([empty, *right])

    def twins(self, left: Ints, right: Ints) -> Bools:
        """Of pairs of one contrast, shape ``(p,)``, those of an unsound trajectory and the sound one nearest to it.

        The nearest has most stages in common with it, word for word, and two at least; a written-out answer counts.
        """
        common = [_common(self.examples[one], self.examples[other]) for one, other in zip(left, right, strict=True)]
        shared = np.array(common, dtype=np.int64)
        most = np.zeros(len(self.examples), dtype=np.int64)
        np.maximum.at(most, right, shared)
        nearest: Bools = (shared >= 2) & (shared == most[right])
        return nearest

    def counts(self) -> Counts:
        """How much it holds."""
        return Counts(
            contrasts=len(np.unique(self.contrast)),
            groups=len(np.unique(self.group)),
            sound=int(self.sound.sum()),
            unsound=int((~self.sound).sum()),
            kinds=dict(sorted(Counter(map(str, self.kind)).items())),
        )


def _common(one: Example, other: Example) -> int:
    stages = set(other.ask.stages)
    answered = bool(one.ask.answer) and one.ask.answer == other.ask.answer
    return sum(stage in stages for stage in one.ask.stages) + answered


def told(example: Example) -> str:
    """What the trajectory says, without the question and the names of its stages."""
    return " ".join([*(readable(text) for _, text in example.ask.stages), example.ask.answer]).strip()


def by_source(contrasts: Sequence[Contrast]) -> dict[str, Counts]:
    """How much there is of each source."""
    table = Table.of(contrasts)
    return {str(source): table.where(table.source == source).counts() for source in sorted(set(table.source.tolist()))}
