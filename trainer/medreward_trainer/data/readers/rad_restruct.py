"""Rad-ReStruct (Pellegrini et al. 2023): a chest X-ray report as questions, each after those that led to it.

Reads the authors' folders ``train_qa_pairs`` etc. (one JSON file a report: ``[question, answers, history, about]``), or
the same rows merged into ``train_qa.jsonl`` etc. The image of a report is the first one that
``id_to_img_mapping_frontal_reports.json`` names, or the file named as the report. A report is never split.

Options of just yes and no make a closed-ended question; other options are lettered in their order, ``single_choice``
and ``multi_choice`` as the data says; ``fixed_choice`` leaves nothing to choose. There are no boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from medreward.contract import Reference, Rollout

from ..choices import ChoicesError, lettered, right_letters
from ..rows import BROKEN, first_file, read_rows, read_whole
from ..types import SPLITS, YES_NO, DataError, Left, ReadOptions, Sample, Split

_MAPPING = ("id_to_img_mapping_frontal_reports.json",)
_TYPES = ("single_choice", "multi_choice")


class _Row(msgspec.Struct):
    report_id: str
    question: str
    answer: list[str]
    answer_type: str
    options: list[str]
    path: str = ""
    history: list[tuple[str, list[str]]] = []


class _About(msgspec.Struct):
    answer_type: str
    options: list[str]
    path: str = ""


_Pair = tuple[str, list[str], list[tuple[str, list[str]]], _About]


def read(data: Path, options: ReadOptions) -> Iterator[Sample | Left]:
    """Every question of the splits that are there.

    Raises:
        DataError: there is none, or a file is broken.
    """
    mapping = first_file(data, _MAPPING)
    images = read_whole(mapping, dict[str, list[str]]) if mapping is not None else {}
    nothing = True
    for split in SPLITS:
        merged = first_file(data, [f"{split}_qa.jsonl"])
        folder = data / f"{split}_qa_pairs"
        if merged is None and not folder.is_dir():
            continue
        nothing = False
        for place, row in read_rows(merged, _Row) if merged is not None else _pairs(folder):
            yield row if isinstance(row, Left) else _sample(place, row, split, images)
    if nothing:
        raise DataError(f"{data}: holds neither folders such as train_qa_pairs nor files such as train_qa.jsonl")


def _pairs(folder: Path) -> Iterator[tuple[str, _Row | Left]]:
    for path in sorted(folder.glob("*.json")):
        for number, value in enumerate(read_whole(path, list[Any])):
            place = f"{folder.name}/{path.name}[{number}]"
            try:
                question, answer, history, about = msgspec.convert(value, _Pair)
            except msgspec.ValidationError as error:
                yield place, Left(place, BROKEN, broken=True, detail=str(error))
                continue
            yield (
                place,
                _Row(path.stem, question, answer, about.answer_type, about.options, about.path, history),
            )


def _sample(place: str, row: _Row, split: Split, images: Mapping[str, list[str]]) -> Sample | Left:
    if row.answer_type not in _TYPES:
        return Left(place, f"{row.answer_type} leaves nothing to choose")
    try:
        choices = lettered(row.options)
    except ChoicesError as error:
        return Left(place, str(error), broken=True)
    gold = right_letters(row.answer, choices)
    if gold is None:
        return Left(place, "the answer is not among the options", broken=True, detail=", ".join(row.answer))
    if row.answer_type == "single_choice" and len(gold) > 1:
        return Left(place, "several answers to a single choice", broken=True)
    # "In which part of the body?" means nothing without what was asked before
    asked = [f"{question} {', '.join(said)}." for question, said in row.history]
    question = " ".join([*asked, row.question])
    closed = row.answer_type == "single_choice" and {text.lower() for text in choices.values()} == set(YES_NO)
    rollout = Rollout(
        question=question,
        question_type="closed_ended" if closed else row.answer_type,
        choices=None if closed else choices,
        reference=Reference(choices[gold[0]] if closed else ", ".join(gold)),
    )
    name = next(iter(images.get(row.report_id, ())), row.report_id)
    identity = f"rad-restruct/{row.report_id}/{row.path}/{place.rpartition(':')[2]}"
    return Sample(place, identity, rollout, (name,), split, group=f"report {row.report_id}")
