"""Chest X-rays: what four models wrote on a yes/no question (``chestx_rsna_siim``; Apache-2.0, as its README says).

The image is not seen, so the text cannot know whether the answer is right, and the gold option is not used: sound is
what answers as it reasons. An output whose reasoning does not decide the question, decides it both ways or says that it
cannot be decided is left out; the others are corrupted. Of one model and question as many that say yes as say no are
taken, so that the answer alone says nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption import (
    FormCounts,
    Parts,
    count_forms,
    negation_flip,
    reordered,
    repeated_stage,
    side_flip,
)
from medreward_trainer.scorer.corruption.closed import decided, hedged, opposite_conclusion, opposite_stage
from medreward_trainer.scorer.examples import Contrast, Corruption, Example, split_of
from medreward_trainer.scorer.sources.files import read_rows
from medreward_trainer.scorer.sources.outputs import asked, read_output

SOURCE: Final = "chestx"
FOLDER: Final = "chestx_rsna_siim"
WRITERS: Final = ("gpt4o", "ours_process_final_150", "qwenvl72b", "qwenvl7b")
FINDINGS: Final[Mapping[str, str]] = {"rsna": "pneumonia", "siim": "pneumothorax"}
"""by the image collection, what its question asks for"""
DONORS: Final = 8
"""outputs that are tried as donors of a corruption"""
_OTHER: Final = {"Yes": "No", "No": "Yes"}


class _Row(msgspec.Struct):
    question: str
    pred: str
    item_id: str | None = None


class Told(NamedTuple):
    """An output that answers as it reasons."""

    group: str
    writer: str
    finding: str
    parts: Parts


def load(data: Path, seed: int, limit: int | None = None) -> list[Contrast]:
    """A contrast an output, with its corruptions; at most ``limit``, drawn.

    Donors are of the same split, model and question.

    Raises:
        DataError: a file is missing or broken.
    """
    pools: dict[tuple[str, str, str, str], list[Told]] = {}
    for one in read(data):
        pools.setdefault((split_of(SOURCE, one.group), one.writer, one.finding, one.parts.ask.answer), []).append(one)
    counts = count_forms(
        one.parts.texts[at] for pool in pools.values() for one in pool for at in _deciding(one.parts, one.finding)
    )
    found: list[Contrast] = []
    for (split, writer, finding, answer), pool in sorted(pools.items()):
        others = pools.get((split, writer, finding, _OTHER[answer]), [])
        rng = random.Random(f"{seed}/{split}/{writer}/{finding}/{answer}")
        for one in rng.sample(pool, min(len(pool), len(others))):
            donors = [donor.parts for donor in rng.sample(others, min(DONORS, len(others)))]
            found.append(_contrast(one, donors, counts, rng))
    if limit is not None and limit < len(found):
        found = random.Random(seed).sample(found, limit)
    return found


def read(data: Path) -> list[Told]:
    """The outputs that answer as they reason, each text once.

    Raises:
        DataError: a file is missing or broken.
    """
    told: dict[ScorerAsk, Told] = {}
    for writer in WRITERS:
        for collection, finding in FINDINGS.items():
            for row in read_rows(data / FOLDER / f"{writer}.{collection}_binary_test_option.jsonl.gz", _Row):
                question, options = asked(row.question)
                output = read_output(row.pred, options)
                parts = Parts.of(ScorerAsk(question, (("think", output.reasoning),), output.answer))
                if consistent(parts, finding):
                    # one model's rows do not name the image
                    group = row.item_id or f"text-{hashlib.sha256(row.pred.encode()).hexdigest()[:12]}"
                    told.setdefault(parts.ask, Told(group, writer, finding, parts))
    return list(told.values())


def consistent(parts: Parts, finding: str) -> bool:
    """Whether the reasoning plainly decides the question, and the answer is that decision."""
    said = {one for one in decided(parts, finding) if one is not None}
    return (
        len(parts.texts) > 1
        and said == {parts.ask.answer == "Yes"}
        and parts.ask.answer in _OTHER
        and not hedged(parts)
    )


def _deciding(parts: Parts, finding: str) -> list[int]:
    """The parts that decide: elsewhere an opposite is only what a sign would look like, or a question."""
    return [at for at, said in enumerate(decided(parts, finding)) if said is not None]


def _contrast(one: Told, donors: Sequence[Parts], counts: FormCounts, rng: random.Random) -> Contrast:
    parts, finding = one.parts, one.finding
    sound = [Example(parts.ask, "plain", one.writer)]
    if (turned := reordered(parts, rng)) is not None:
        sound.append(Example(turned, "reordered", one.writer))
    made: list[tuple[Corruption, ScorerAsk | None]] = [
        ("wrong_answer", parts.put(parts.texts, _OTHER[parts.ask.answer])),
        ("negation_flip", negation_flip(parts, counts, rng, _deciding(parts, finding))),
        ("side_flip", side_flip(parts, rng)),
        ("repeated_stage", repeated_stage(parts, rng)),
    ]
    conflicts = (opposite_conclusion(parts, donor, finding, rng) for donor in donors)
    swaps = (opposite_stage(parts, donor, finding, rng) for donor in donors)
    made.append(("conclusion_conflict", next((ask for ask in conflicts if ask is not None), None)))
    made.append(("stage_swap", next((ask for ask in swaps if ask is not None), None)))
    unsound = tuple(Example(ask, kind, one.writer) for kind, ask in made if ask is not None)
    return Contrast(SOURCE, one.group, tuple(sound), unsound)
