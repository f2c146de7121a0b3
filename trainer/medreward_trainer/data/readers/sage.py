"""SAGE-sft20K and SAGE-rl10K (MEDSAGE, appendix A.2): conversations in LLaVA's form with a structured reply.

Neither set is public. Both dialects of the reply are read: the paper's figures (``<LOC>..<VISUAL>..<KNOWLEDGE>..<CON>..
<ANSWER>``, boxes as ``box_2d`` on a 0-1000 grid, y first) and the authors' released code (``<LOC>{"bbox_xyxy_pixel":
[[..]]}</LOC><VIS>..<KNO>..<CON>answer</CON>``). A reply without tags, or of a conclusion alone, is the answer.

A reply of other stages alone teaches one stage and has no answer: left out. The question type is told by the answer:
letters or texts of listed options, yes or no, or anything else. Sentences of the question that name the stages' tags
are left away, since our prompt asks for the format in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from medreward.contract import Reference, Region, Rollout

from ..choices import right_letters
from ..regions import RegionsError, read_regions
from ..rows import files_of, read_rows
from ..types import YES_NO, Left, QuestionType, ReadOptions, Sample, Split
from .turns import Question, Turn, TurnsError, pair, question

_GRID = (1000, 1000)
_STAGES = "LOC|VISUAL|VIS|KNOWLEDGE|KNO|CON|ANSWER"
_TAG = re.compile(rf"</?(?:{_STAGES})>")
_STAGE = re.compile(rf"<({_STAGES})>(.*?)</\1>", re.DOTALL)
_OBJECT = re.compile(r"\{[^{}]*\}")
_NO_ANSWER = "the reply is of single stages, without an answer"


class _Row(msgspec.Struct):
    conversations: list[Turn]
    images: list[str] | None = None
    image: str | None = None
    id: str | int | None = None


def read(data: Path, options: ReadOptions) -> Iterator[Sample | Left]:
    """The rows of all files, in the order of their names; ``data`` may also be one file.

    Raises:
        DataError: there is none.
    """
    for path, split in files_of(data):
        for place, row in read_rows(path, _Row):
            yield row if isinstance(row, Left) else _sample(place, row, split, options)


def _sample(place: str, row: _Row, split: Split | None, options: ReadOptions) -> Sample | Left:
    images = tuple(row.images or ([row.image] if row.image else []))
    try:
        human, reply = pair(row.conversations)
        answer = _answer(reply)
        if answer is None:
            return Left(place, _NO_ANSWER)
        asked = question(human, _TAG)
        regions, grid = _regions(reply)
    except (TurnsError, RegionsError) as error:
        return Left(place, str(error), broken=True)
    kind, said = _kind(asked, answer)
    if kind is None:
        return Left(place, "the answer is not among the options", broken=True, detail=answer[:80])
    rollout = Rollout(
        question=asked.text,
        question_type=kind,
        choices=asked.choices if kind.endswith("_choice") else None,
        reference=Reference(said, regions),
    )
    identity = row.id if row.id is not None else place
    return Sample(place, f"sage/{identity}", rollout, images, split, frame=_GRID if grid else options.frame)


def _answer(reply: str) -> str | None:
    """The final answer; None where there are stages, and none of them is one."""
    stages = {name: text.strip() for name, text in _STAGE.findall(reply)}
    if not _TAG.search(reply):
        return reply.strip()
    return stages.get("ANSWER", stages.get("CON"))


def _kind(asked: Question, answer: str) -> tuple[QuestionType | None, str]:
    if asked.choices:
        gold = right_letters(answer, asked.choices)
        if not gold:
            return None, answer
        return ("single_choice" if len(gold) == 1 else "multi_choice"), ", ".join(gold)
    said = answer.strip().rstrip(".").lower()
    return ("closed_ended", said) if said in YES_NO else ("open_ended", answer)


def _regions(reply: str) -> tuple[list[Region], bool]:
    """The reference boxes of the localization, and whether they are on the 0-1000 grid; points are no boxes."""
    stages = dict(_STAGE.findall(reply))
    found: list[Region] = []
    grids: set[bool] = set()
    for written in _OBJECT.findall(stages.get("LOC", "")):
        entry = _decoded(written)
        pixels, grid = entry.get("bbox_xyxy_pixel"), entry.get("box_2d")
        said = entry.get("label")
        label = said if isinstance(said, str) else ""
        if pixels is not None:
            found += [Region(label, region.box) for region in read_regions(pixels)]
            grids.add(False)
        elif grid is not None:
            for region in read_regions(grid):
                y1, x1, y2, x2 = region.box
                found.append(Region(label, [x1, y1, x2, y2]))
            grids.add(True)
    if len(grids) > 1:
        raise RegionsError("boxes in pixels and boxes on the grid in one reply")
    return found, True in grids


def _decoded(text: str) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise RegionsError("a localization that is not JSON") from None
    return value if isinstance(value, dict) else {}
