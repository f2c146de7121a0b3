"""SLAKE (Liu et al. 2021): questions on radiology images, with boxes of the organs and findings in them.

Reads ``train.json``, ``validate.json`` and ``test.json`` (those that are there), images under
``imgs/xmlabN/source.jpg`` or ``xmlabN.jpg``, boxes from each image's ``detection.json`` or all of them merged in
``detection_all.jsonl``.

``CLOSED`` with yes or no as answer is closed-ended; ``CLOSED`` with its options in the question's words ("lung or
heart?") and ``OPEN`` are open-ended. The boxes of a question are those whose label its question or answer names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from medreward.contract import Image, Reference, Region, Rollout

from ..rows import first_file, read_rows, read_whole
from ..types import YES_NO, DataError, Left, QuestionType, ReadOptions, Sample, Split

_FILES: dict[Split, tuple[str, ...]] = {
    "train": ("train.json",),
    "val": ("validate.json", "validation.json", "val.json"),
    "test": ("test.json",),
}
_MERGED = ("detection_all.jsonl",)
_CACHED = 64
_SIDE = re.compile(r"(?:left|right) ")


class _Row(msgspec.Struct):
    img_name: str
    question: str
    answer: str
    q_lang: str
    qid: int


class _Box(msgspec.Struct):
    label: str
    xyxy: list[float]


class _Boxes(msgspec.Struct):
    img: str
    width: int
    height: int
    boxes: list[_Box]


Known = tuple[Sequence[Region], Image | None]
"""an image's boxes, and its size where the data says it"""


def spellings(name: str) -> tuple[str, ...]:
    """``xmlab1/source.jpg`` may also lie as ``xmlab1.jpg``."""
    folder, _, _ = name.partition("/")
    return (name, f"{folder}.jpg")


def read(data: Path, options: ReadOptions) -> Iterator[Sample | Left]:
    """The questions in the language asked for.

    Raises:
        DataError: a file is missing or broken.
    """
    found = {split: path for split, names in _FILES.items() if (path := first_file(data, names))}
    if not found:
        raise DataError(f"{data}: holds none of {', '.join(names[0] for names in _FILES.values())}")
    known = _known(data)
    for split, path in found.items():
        for place, row in read_rows(path, _Row):
            if isinstance(row, Left):
                yield row
            elif row.q_lang != options.language:
                yield Left(place, f"the question is in another language ({row.q_lang})")
            else:
                yield _sample(place, row, split, known)


def named(regions: Sequence[Region], text: str) -> list[Region]:
    """The regions whose label stands in the text, singular or plural; "lungs" names the left and the right one.

    A side in the text holds for what it stands before: "left lung" does not name the right one.
    """
    lower = text.lower()
    kept = []
    for region in regions:
        label = region.label.lower()
        bare = _SIDE.sub("", label)
        if _stands(label, lower) or (bare != label and _stands(bare, lower) and not _sided(bare, lower)):
            kept.append(region)
    return kept


def _sample(place: str, row: _Row, split: Split, known: Callable[[str], Known]) -> Sample:
    answer = row.answer.strip()
    kind: QuestionType = "closed_ended" if answer.lower() in YES_NO else "open_ended"
    boxes, size = known(row.img_name.partition("/")[0])
    regions = named(boxes, f"{row.question} {answer}")
    rollout = Rollout(
        question=row.question.strip(), question_type=kind, reference=Reference(answer, regions), image=size
    )
    return Sample(place, f"slake/{row.qid}", rollout, (row.img_name,), split)


def _known(data: Path) -> Callable[[str], Known]:
    """What is known of an image, by its folder's name."""
    merged = first_file(data, _MERGED)
    if merged is None:
        return lru_cache(maxsize=_CACHED)(lambda name: _detections(data, name))
    table: dict[str, Known] = {}
    for place, row in read_rows(merged, _Boxes):
        if isinstance(row, Left):
            # boxes that are missing without a word would make wrong references of many questions
            raise DataError(f"{merged.parent / place}: {row.detail}")
        table[row.img] = [Region(box.label, box.xyxy) for box in row.boxes], Image(row.width, row.height)
    return lambda name: table.get(name, ((), None))


def _detections(data: Path, name: str) -> Known:
    """Of SLAKE's own file: a list of maps from label to ``x, y, width, height``."""
    path = first_file(data, [f"imgs/{name}/detection.json", f"{name}/detection.json"])
    if path is None:
        return (), None
    regions = []
    for entry in read_whole(path, list[dict[str, list[float]]]):
        for label, box in entry.items():
            if len(box) != 4:
                raise DataError(f"{path}: {label}: needs four numbers, has {len(box)}")
            x, y, width, height = box
            regions.append(Region(label, [x, y, x + width, y + height]))
    return regions, None


def _stands(words: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(words)}s?(?![\w-])", text) is not None


def _sided(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w)(?:left|right) {re.escape(words)}s?(?!\w)", text) is not None
