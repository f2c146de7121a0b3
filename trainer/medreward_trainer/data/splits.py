"""Train, val and test, so that no image is in two of them.

What belongs together (an image and its copies, the images of one report) is one *unit*. The data's own splits are kept
when no unit is in two of them. Otherwise units are dealt out by the hash of the seed and what they hold, so that the
same images fall into the same split wherever the files lie and in whatever order they are read.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from .types import SPLITS, DataError, Split

SplitBy = Literal["auto", "official", "image"]
_NONE = 255


class Shares(NamedTuple):
    """Parts of the units, where they are dealt out."""

    val: float = 0.1
    test: float = 0.1


class Plan(NamedTuple):
    """Which split each sample goes to, by its number in the reader's order."""

    splits: Sequence[Split | None]
    """None: the sample is not written"""
    how: str
    """in words, for the report"""
    notes: tuple[str, ...]


class Units:
    """Samples joined by the labels they share (the same image, the same report)."""

    def __init__(self) -> None:
        """Nothing is joined yet."""
        self._parents: dict[str, str] = {}

    def join(self, labels: Sequence[str]) -> str:
        """Makes one unit of all units that hold one of ``labels``; returns its name of the moment."""
        roots = {self.root(label) for label in labels}
        # the smallest, so that a unit's name does not depend on the order of reading
        first = min(roots)
        for root in roots:
            self._parents[root] = first
        return first

    def root(self, label: str) -> str:
        """The name of the unit that holds ``label``."""
        parents = self._parents
        while (parent := parents.setdefault(label, label)) != label:
            parents[label] = parents[parent]
            label = parents[label]
        return label


class Survey:
    """What a first reading learns of the samples that can be written: a few bytes each, whatever they hold."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._units = Units()
        self._labels: list[str] = []
        self._numbers: dict[str, int] = {}
        self._unit = array("q")
        self._own = array("B")
        self._rank = array("Q")

    def skip(self) -> None:
        """A sample that cannot be written."""
        self._unit.append(-1)
        self._own.append(_NONE)
        self._rank.append(0)

    def add(self, identity: str, labels: Sequence[str], own: Split | None, seed: int) -> None:
        """A sample that holds ``labels`` and belongs to the data's split ``own``."""
        self._units.join(labels)
        number = self._numbers.setdefault(labels[0], len(self._labels))
        if number == len(self._labels):
            self._labels.append(labels[0])
        self._unit.append(number)
        self._own.append(_NONE if own is None else SPLITS.index(own))
        self._rank.append(_hash(f"{seed}/{identity}"))

    def plan(self, by: SplitBy, shares: Shares, seed: int, limit: int | None) -> Plan:
        """The split of every sample.

        Raises:
            DataError: the data's own splits were asked for, and there are none or an image is in two.
        """
        roots = [self._units.root(label) for label in self._labels]
        own, mixed = self._own_splits(roots)
        notes: list[str] = []
        complete = all(code != _NONE for code, unit in zip(self._own, self._unit, strict=True) if unit >= 0)
        if by == "official" and not complete:
            raise DataError("--split official: the data has no splits of its own, or not for every row")
        if by == "official" and mixed:
            raise DataError(f"--split official: {mixed} images or reports are in two of the data's own splits")
        if by != "image" and complete and not mixed and own:
            of, how = own, "the data's own splits; no image is in two of them"
        else:
            of, how = _dealt(sorted(set(roots)), shares, seed), "by the hash of the image"
            if by == "auto" and mixed:
                notes.append(f"the data's own splits were not kept: {mixed} images or reports are in two of them")
            elif by == "auto" and own:
                notes.append("the data's own splits were not kept: not every row has one")
        if repeated := self._repeated():
            notes.append(f"rows with the id of a row before them: {repeated}")
        splits: list[Split | None] = [of[roots[unit]] if unit >= 0 else None for unit in self._unit]
        if limit is not None:
            self._draw(splits, limit)
        return Plan(splits, how, tuple(notes))

    def _repeated(self) -> int:
        """How many samples have an id that another had before (equal ids have equal ranks)."""
        ranks = [rank for rank, unit in zip(self._rank, self._unit, strict=True) if unit >= 0]
        return len(ranks) - len(set(ranks))

    def _own_splits(self, roots: Sequence[str]) -> tuple[Mapping[str, Split], int]:
        """The split of each unit by the data's own word, and how many units are in two."""
        found: dict[str, Split] = {}
        mixed: set[str] = set()
        for code, unit in zip(self._own, self._unit, strict=True):
            if code != _NONE and found.setdefault(roots[unit], SPLITS[code]) != SPLITS[code]:
                mixed.add(roots[unit])
        return found, len(mixed)

    def _draw(self, splits: list[Split | None], limit: int) -> None:
        """Keeps the ``limit`` lowest ranks of each split."""
        kept: set[int] = set()
        for split in SPLITS:
            numbers = (number for number, of in enumerate(splits) if of == split)
            kept.update(heapq.nsmallest(limit, numbers, key=lambda number: (self._rank[number], number)))
        for number in range(len(splits)):
            if number not in kept:
                splits[number] = None


def _dealt(units: Iterable[str], shares: Shares, seed: int) -> Mapping[str, Split]:
    """At least one unit for val and test each, if they have a share and one is left for train."""
    ranked = sorted(units, key=lambda unit: (_hash(f"{seed}/{unit}"), unit))
    test = min(math.ceil(shares.test * len(ranked)), max(len(ranked) - 1, 0))
    val = min(math.ceil(shares.val * len(ranked)), max(len(ranked) - test - 1, 0))
    return {
        unit: "test" if place < test else "val" if place < test + val else "train" for place, unit in enumerate(ranked)
    }


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
