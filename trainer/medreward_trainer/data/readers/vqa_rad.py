"""VQA-RAD (Lau et al. 2018): clinicians' questions on radiology images.

Reads ``trainset.json`` and ``testset.json``, or the authors' one file, in which ``phrase_type`` names the test's rows.
A question is closed-ended when its answer is yes or no, else open-ended: the data's own ``CLOSED`` also marks questions
that name their options in words ("left or right?"). There are no boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from medreward.contract import Reference, Rollout

from ..rows import first_file, read_rows
from ..types import YES_NO, DataError, Left, QuestionType, ReadOptions, Sample, Split

_FILES: dict[Split, tuple[str, ...]] = {
    "train": ("trainset.json", "train.json"),
    "val": ("valset.json", "val.json"),
    "test": ("testset.json", "test.json"),
}
_WHOLE = ("VQA_RAD Dataset Public.json",)


class _Row(msgspec.Struct):
    qid: int | str
    image_name: str
    question: str
    answer: str | int | float
    phrase_type: str = ""


def read(data: Path, options: ReadOptions) -> Iterator[Sample | Left]:
    """Every question of the files that are there.

    Raises:
        DataError: there is none.
    """
    whole = first_file(data, _WHOLE)
    found: list[tuple[Split | None, Path]] = [
        (split, path) for split, names in _FILES.items() if (path := first_file(data, names))
    ]
    if whole is not None:
        found = [(None, whole)]
    if not found:
        raise DataError(f"{data}: holds neither trainset.json, testset.json nor {_WHOLE[0]}")
    for split, path in found:
        for place, row in read_rows(path, _Row):
            yield row if isinstance(row, Left) else _sample(place, row, split)


def _sample(place: str, row: _Row, split: Split | None) -> Sample:
    answer = str(row.answer).strip()
    kind: QuestionType = "closed_ended" if answer.lower() in YES_NO else "open_ended"
    rollout = Rollout(question=row.question.strip(), question_type=kind, reference=Reference(answer))
    own = split or ("test" if row.phrase_type.strip().startswith("test") else "train")
    return Sample(place, f"vqa-rad/{own}/{row.qid}", rollout, (row.image_name,), own)
