"""MedRBench: case reports reasoned about by models, as they were judged and as they can be corrupted (CC BY-SA).

``medrbench_rows.py`` reads the files and says what is sound.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption import FormCounts, Parts, count_forms, reordered, shortened
from medreward_trainer.scorer.corruption.parts import length
from medreward_trainer.scorer.examples import Contrast, Example, Split, split_of
from medreward_trainer.scorer.sources.corrupted import SLACK, twins
from medreward_trainer.scorer.sources.donors import nearest
from medreward_trainer.scorer.sources.medrbench_rows import Told, read

SOURCE = "medrbench"
DONORS = 12
"""cases that are tried as donors of a corruption, the most alike first"""
BUDGET = (70, 150)
"""words that the reasoning of a trajectory is cut to where it is longer, drawn evenly: with the case it then fits an
encoder's 512 tokens, so that no corruption lies where it is not seen"""


def load(data: Path, seed: int, limit: int | None = None) -> list[Contrast]:
    """Contrasts of a case's judged responses, and of each sound one with its corruptions; at most ``limit``, drawn.

    A case whose responses are all right or all wrong still stands as a contrast with one side empty, outside of
    training: it is evaluated one by one. Corruptions and their donors never cross a split.

    Raises:
        DataError: a file is missing or broken.
    """
    told = read(data)
    found: list[Contrast] = []
    for split in get_args(Split):
        inside = [one for one in told if split_of(SOURCE, one.group) == split]
        found += _judged(inside, seed, split == "train") + _corrupted(inside, seed)
    if limit is not None and limit < len(found):
        found = random.Random(seed).sample(found, limit)
    return found


def _judged(told: Sequence[Told], seed: int, trains: bool) -> list[Contrast]:
    """A contrast a case: what was judged right beside what was judged wrong.

    For training all responses are cut to about as many words, so that neither length nor the encoder's limit decides.
    """
    found = []
    for group, own in _by_group(told).items():
        rng = random.Random(f"{seed}/judged/{group}")
        budget = rng.randint(*BUDGET)
        sides: dict[bool, list[Example]] = {True: [], False: []}
        for one in own:
            ask = _cut(one, budget, rng, one.wrong_parts or _any_part(one, rng)) if trains else one.ask
            sides[one.right].append(Example(ask, "judged_right" if one.right else "judged_wrong", one.writer))
        if not trains or all(sides.values()):
            found.append(Contrast(SOURCE, group, tuple(sides[True]), tuple(sides[False])))
    return found


def _corrupted(told: Sequence[Told], seed: int) -> list[Contrast]:
    """A contrast a sound response: it, other sound forms of it, and its corruptions, by donors of the same writer."""
    sound = [one for one in told if one.right]
    counts: FormCounts = count_forms(one.ask.stages[0][1] for one in sound)
    alike = nearest({one.group: one.ask.question for one in sound}, DONORS)
    by_name = {(one.group, one.writer): Parts.of(one.ask) for one in sound}
    found = []
    for one in sound:
        rng = random.Random(f"{seed}/corrupted/{one.group}/{one.writer}")
        base = _cut(one, rng.randint(*BUDGET), rng)
        donors = [by_name[other, one.writer] for other in alike[one.group] if (other, one.writer) in by_name]
        unsound = twins(base, by_name[one.group, one.writer], one.writer, donors, counts, rng)
        if unsound:
            found.append(Contrast(SOURCE, one.group, _forms(one, base, unsound, rng), tuple(unsound)))
    return found


def _forms(one: Told, base: ScorerAsk, unsound: Sequence[Example], rng: random.Random) -> tuple[Example, ...]:
    """Sound forms of a response: as it was corrupted, with findings reordered, and cut to other lengths.

    One is as long as the shortest corruption, which a leap makes much shorter, and one as long as the longest: length
    must not tell.
    """
    whole = Parts.of(one.ask)
    sizes = [length(example.ask.stages[0][1]) for example in unsound]
    forms = {base: Example(base, "judged_right" if base == one.ask else "shortened", one.writer)}
    for budget in (min(sizes), max(sizes) + SLACK):
        if (cut := shortened(whole, budget, rng)) is not None:
            forms.setdefault(cut, Example(cut, "shortened", one.writer))
    if (turned := reordered(Parts.of(base), rng)) is not None:
        forms.setdefault(turned, Example(turned, "reordered", one.writer))
    return tuple(forms.values())


def _cut(one: Told, budget: int, rng: random.Random, keep: frozenset[int] = frozenset()) -> ScorerAsk:
    """The response in about ``budget`` words if that can be; the parts of ``keep`` stay whole."""
    return shortened(Parts.of(one.ask), budget, rng, keep) or one.ask


def _any_part(one: Told, rng: random.Random) -> frozenset[int]:
    """A part kept whole where none was judged wrong: were only wrong ones kept, their length would tell."""
    return frozenset({rng.randrange(len(Parts.of(one.ask).texts) - 1)})


def _by_group(told: Sequence[Told]) -> dict[str, list[Told]]:
    groups: dict[str, list[Told]] = {}
    for one in told:
        groups.setdefault(one.group, []).append(one)
    return groups
