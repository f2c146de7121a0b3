"""All sources together: built, split, cleaned, balanced in length, and counted.

What trains is decided here and nowhere else: :data:`SOURCES` says of each source whether it may, and :func:`build` puts
all that comes of one that may not into ``test``, whatever the split of its groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.examples import Contrast, Example
from medreward_trainer.scorer.lengths import Length, balanced, length_aucs, size

Load = Callable[[Path, int, int | None], list[Contrast]]
"""``(data, seed, limit)``: at most ``limit`` contrasts of the data folder, the same for the same seed"""


class Source(NamedTuple):
    """A source of contrasts: a module of :mod:`medreward_trainer.scorer.sources` with a ``load``."""

    module: str
    trains: bool
    """whether weights that are shipped may be trained on it"""
    licence: str

    def load(self, data: Path, seed: int, limit: int | None) -> list[Contrast]:
        """Its contrasts."""
        load: Load = import_module(f"medreward_trainer.scorer.sources.{self.module}").load
        return load(data, seed, limit)


SOURCES: Final[Mapping[str, Source]] = {
    "slake": Source("slake", True, "CC BY 4.0"),
    "rad_restruct": Source("rad_restruct", True, "MIT, over findings of OpenI"),
    "chestx_facts": Source("chestx_facts", True, "Apache-2.0, as its README says"),
    "chestx_text": Source("chestx_text", True, "Apache-2.0, as its README says"),
    "medrbench": Source("medrbench", True, "CC BY-SA"),
    "openi": Source("openi", False, "Apache-2.0, as its README says; the reports beneath it CC BY-NC-ND"),
}
"""by the name that a configuration gives it"""

SAME_GROUPS: Final = {"rad_restruct": "openi"}
"""sources whose groups are the same reports: what the second one tests on, the first one does not train on"""


class DatasetError(Exception):
    """What was asked for cannot be built."""


class Dataset(NamedTuple):
    """Contrasts by split."""

    train: list[Contrast]
    """each has both sides"""
    tune: list[Contrast]
    test: list[Contrast]
    """here and in ``tune`` one side of a contrast may be empty: what was judged is evaluated one by one too"""
    length_before: Mapping[str, Length]
    """how well length alone told each kind in ``train`` before it was balanced"""
    length_after: Mapping[str, Length]
    left_out: Mapping[str, int]
    """trajectories or contrasts left out, by reason"""


class Count(msgspec.Struct, frozen=True):
    """How much there is of one kind."""

    source: str
    split: str
    kind: str
    trajectories: int
    words: float
    """mean, of stages and answer"""


def build(
    data: Path, sources: Mapping[str, int | None], seed: int, evaluated: Sequence[str] = (), writings: int = 1
) -> Dataset:
    """The data set of these sources, each with at most so many contrasts, ``None`` for all.

    What trains is written so many times, each with another seed: the same questions in other words, with other faults.

    A trajectory that a contrast has twice it keeps once; one that it calls both sound and unsound goes. What stands in
    ``test`` or ``tune`` word for word does not train. Of the sources ``evaluated`` only the split ``test`` is taken.

    Raises:
        DatasetError: a source is unknown, or a group would be in two splits.
        DataError: a file of the data folder is missing or broken.
    """
    if unknown := sorted({*sources, *evaluated} - set(SOURCES)):
        raise DatasetError(f"unknown sources: {', '.join(unknown)}; there are {', '.join(SOURCES)}")
    splits: dict[str, list[Contrast]] = {"train": [], "tune": [], "test": []}
    for name, limit in sources.items():
        source = SOURCES[name]
        for contrast in source.load(data, seed, limit):
            splits[contrast.split if source.trains else "test"].append(contrast)
        for again in range(1, writings if source.trains else 1):
            splits["train"] += [one for one in source.load(data, seed + again, limit) if one.split == "train"]
    for name in evaluated:
        source = SOURCES[name]
        splits["test"] += [one for one in source.load(data, seed, None) if one.split == "test" or not source.trains]
    left_out: Counter[str] = Counter()
    # whole, and whether it is asked for or not: what trains here may be evaluated there on another day
    elsewhere = {
        (name, contrast.group)
        for name, other in SAME_GROUPS.items()
        if name in sources
        for contrast in SOURCES[other].load(data, seed, None)
    }
    for split, contrasts in splits.items():
        splits[split] = _cleaned(contrasts, left_out)
    train = _apart(splits["train"], [*splits["tune"], *splits["test"]], elsewhere, left_out)
    before = length_aucs(train)
    train, lost = balanced(train, seed)
    left_out.update({f"{kind} that length tells": count for kind, count in lost.items()})
    _check_groups({**splits, "train": train})
    return Dataset(train, splits["tune"], splits["test"], before, length_aucs(train), left_out)


def counts(dataset: Dataset) -> list[Count]:
    """How many trajectories there are of each source, split and kind, and how long they are."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for split, contrasts in (("train", dataset.train), ("tune", dataset.tune), ("test", dataset.test)):
        for contrast in contrasts:
            for example in (*contrast.sound, *contrast.unsound):
                found.setdefault((contrast.source, split, example.kind), []).append(size(example))
    return [Count(*key, len(sizes), sum(sizes) / len(sizes)) for key, sizes in sorted(found.items())]


def _cleaned(contrasts: Iterable[Contrast], left_out: Counter[str]) -> list[Contrast]:
    kept = []
    for contrast in contrasts:
        both = {one.ask for one in contrast.sound} & {one.ask for one in contrast.unsound}
        clean = _without(contrast, both)
        left_out["both sound and unsound"] += _trajectories(contrast) - _trajectories(clean)
        once = msgspec.structs.replace(clean, sound=_once(clean.sound), unsound=_once(clean.unsound))
        left_out["twice in a contrast"] += _trajectories(clean) - _trajectories(once)
        if _trajectories(once):
            kept.append(once)
    return kept


def _apart(
    train: Iterable[Contrast], held_out: Iterable[Contrast], evaluated: set[tuple[str, str]], left_out: Counter[str]
) -> list[Contrast]:
    """What may train beside what is held out: contrasts with two sides, nothing of them in the other splits."""
    known = {example.ask for contrast in held_out for example in (*contrast.sound, *contrast.unsound)}
    kept = []
    for contrast in train:
        if (contrast.source, contrast.group) in evaluated:
            left_out["contrasts of reports that are evaluated"] += 1
            continue
        clean = _without(contrast, known)
        left_out["held out word for word"] += _trajectories(contrast) - _trajectories(clean)
        if clean.sound and clean.unsound:
            kept.append(clean)
        else:
            left_out["contrasts with one side in train"] += 1
    return kept


def _without(contrast: Contrast, asks: set[ScorerAsk]) -> Contrast:
    sound, unsound = (tuple(one for one in side if one.ask not in asks) for side in (contrast.sound, contrast.unsound))
    return msgspec.structs.replace(contrast, sound=sound, unsound=unsound)


def _once(examples: Iterable[Example]) -> tuple[Example, ...]:
    return tuple({example.ask: example for example in reversed(list(examples))}.values())[::-1]


def _trajectories(contrast: Contrast) -> int:
    return len(contrast.sound) + len(contrast.unsound)


def _check_groups(splits: Mapping[str, Iterable[Contrast]]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for split, contrasts in splits.items():
        for contrast in contrasts:
            if (other := seen.setdefault((contrast.source, contrast.group), split)) != split:
                raise DatasetError(f"{contrast.source}: group {contrast.group} is in {other} and in {split}")
