"""GEMeX and GEMeX-RMCoT (Liu et al. 2024, 2025): chest X-rays, four question types, boxes of what decides the answer.

The papers show rows, not files, so two forms are read, from every ``.json`` and ``.jsonl`` file of the folder:

- fields: ``question``, ``answer``, ``image``; ``choices``; ``question_type``; ``visual_locations``; ``report``
- a conversation as in GEMeX-RMCoT's figure 3: question, ``<choices>: [A: .., B: ..]`` and "This is a single-choice
  question" from the human, ``<response><answer>B</answer><location><ref>..</ref><box>[..]</box></location></response>``
  from the model

Tolerated: the fields' other names in :class:`_Row`; the question type from the file's name (``single_choice_*.jsonl``);
the split from the file's name. The papers do not say in which frame the boxes are: pixels of the image file, unless
``ReadOptions.frame`` gives another (the paper's figures fit 336 x 336).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from medreward.contract import Reference, Rollout

from ..choices import ChoicesError, read_choices, right_letters
from ..regions import RegionsError, read_regions
from ..rows import files_of, read_rows
from ..types import YES_NO, Left, QuestionType, ReadOptions, Sample, Split
from .turns import Turn, TurnsError, pair, question

_KINDS: dict[str, QuestionType] = {
    "open": "open_ended",
    "closed": "closed_ended",
    "close": "closed_ended",
    "single": "single_choice",
    "multi": "multi_choice",
    "multiple": "multi_choice",
}
_KIND = re.compile(r"\b(open|closed?|single|multi(?:ple)?)[-_ ]?(?:ended|choices?)", re.IGNORECASE)
_INSTRUCTION = re.compile(r"^This is an? \S+ question|<(?:think|response|answer|location)>", re.IGNORECASE)
_ANSWER = re.compile(r"<answer>\s*(.*?)\s*</answer>", re.DOTALL)
_LOCATION = re.compile(r"<location>\s*(.*?)\s*</location>", re.DOTALL)


class _Row(msgspec.Struct):
    id: str | int | None = None
    question_id: str | int | None = None
    image: str | None = None
    image_path: str | None = None
    image_name: str | None = None
    question: str | None = None
    answer: str | list[str] | None = None
    choices: dict[str, str] | list[str] | str | None = None
    options: dict[str, str] | list[str] | str | None = None
    question_type: str | None = None
    type: str | None = None
    visual_locations: Any = None
    visual_location: Any = None
    location: Any = None
    report: str | None = None
    grounded_report: str | None = None
    caption: str | None = None
    conversations: list[Turn] | None = None
    messages: list[Turn] | None = None


class _Asked(msgspec.Struct):
    """What both forms come to."""

    question: str
    answer: str | list[str]
    choices: dict[str, str] | None
    kind: str
    """words that name the question type"""
    where: Any


def read(data: Path, options: ReadOptions) -> Iterator[Sample | Left]:
    """The rows of all files, in the order of their names; ``data`` may also be one file.

    Raises:
        DataError: there is none.
    """
    for path, split in files_of(data):
        for place, row in read_rows(path, _Row):
            yield row if isinstance(row, Left) else _sample(place, row, path.name, split, options)


def _sample(place: str, row: _Row, file: str, split: Split | None, options: ReadOptions) -> Sample | Left:
    image = row.image or row.image_path or row.image_name
    if not image:
        return Left(place, "there is no image", broken=True)
    try:
        asked = _asked(row)
        regions = read_regions(asked.where)
    except (TurnsError, ChoicesError, RegionsError) as error:
        return Left(place, str(error), broken=True)
    kind = _kind(asked.kind) or _kind(file)
    if kind is None:
        return Left(place, "neither the row nor the file's name tells the question type")
    answer = asked.answer if isinstance(asked.answer, str) else ", ".join(asked.answer)
    if kind.endswith("_choice"):
        gold = right_letters(asked.answer, asked.choices or {})
        if not gold or (kind == "single_choice" and len(gold) > 1):
            return Left(place, "the answer is not among the options", broken=True, detail=answer[:80])
        answer = ", ".join(gold)
    elif kind == "closed_ended":
        said = answer.strip().rstrip(".").lower()
        answer = said if said in YES_NO else answer
    rollout = Rollout(
        question=asked.question,
        question_type=kind,
        choices=asked.choices if kind.endswith("_choice") else None,
        context=row.grounded_report or row.report or row.caption,
        reference=Reference(answer, regions),
    )
    identity = next((one for one in (row.id, row.question_id) if one is not None), place)
    return Sample(place, f"gemex/{identity}", rollout, (image,), split, frame=options.frame)


def _asked(row: _Row) -> _Asked:
    turns = row.conversations or row.messages
    if not turns:
        options = row.choices or row.options
        choices = read_choices(options) if options else None
        where = row.visual_locations or row.visual_location or row.location
        return _Asked(row.question or "", row.answer or "", choices, row.question_type or row.type or "", where)
    human, model = pair(turns)
    asked = question(human, _INSTRUCTION)
    answer, where = _ANSWER.findall(model), _LOCATION.findall(model)
    if len(answer) != 1 or len(where) > 1:
        raise TurnsError("the reply has not one <answer> and at most one <location>")
    named = row.question_type or row.type or human
    return _Asked(asked.text, answer[0], asked.choices, named, where[0] if where else None)


def _kind(text: str) -> QuestionType | None:
    # the last: a question may itself speak of "an open-ended catheter"
    found = _KIND.findall(text)
    return _KINDS[found[-1].lower()] if found else None
