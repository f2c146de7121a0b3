"""A user's own data: JSON lines of the contract's rollout, with what training needs besides.

``image_file``  the image's name below the image folder, or a list of names
``split``       train, val or test, if the data has its own
``group``       what must stay in one split besides the image, such as a patient

``reference.regions`` are pixels of the image file; with ``image`` they are pixels of an image of that size and the same
shape. Fields of one sample (``response``, ``retry``, ``group_id``) are read and left away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medreward.contract import QUESTION_TYPES, Image, Reference, Retry, Rollout
from medreward.contract.types import Wire

from ..choices import ChoicesError, read_choices, right_letters
from ..rows import read_rows
from ..types import Left, ReadOptions, Sample, Split


class _Row(Wire, frozen=True):
    """The contract's rollout, and three fields more; an unknown field is refused."""

    image_file: str | list[str]
    split: Split | None = None
    group: str = ""
    id: str = ""
    group_id: str = ""
    question: str = ""
    question_type: str = ""
    choices: dict[str, str] | None = None
    context: str | None = None
    response: str | None = None
    retry: Retry | None = None
    reference: Reference | None = None
    image: Image | None = None
    box_space: str | None = None


def read(data: Path, options: ReadOptions) -> Iterator[Sample | Left]:
    """Each line; one that no recipe could score is left out as broken.

    Raises:
        DataError: the file cannot be read.
    """
    for place, row in read_rows(data, _Row):
        yield row if isinstance(row, Left) else _sample(place, row, options)


def _sample(place: str, row: _Row, options: ReadOptions) -> Sample | Left:
    if row.question_type not in QUESTION_TYPES:
        reason = f"question_type is none of {', '.join(QUESTION_TYPES)}"
        return Left(place, reason, broken=True, detail=row.question_type[:40])
    choices, reference = row.choices, row.reference or Reference()
    if row.question_type.endswith("_choice") and choices:
        try:
            choices = read_choices(choices)
        except ChoicesError as error:
            return Left(place, str(error), broken=True)
        gold = right_letters(reference.answer, choices)
        if gold is None or (row.question_type == "single_choice" and len(gold) > 1):
            reason = "reference.answer is not among the choices, or not one of them"
            return Left(place, reason, broken=True, detail=reference.answer[:80])
        reference = Reference(", ".join(gold), reference.regions)
    rollout = Rollout(
        question=row.question,
        question_type=row.question_type,
        choices=choices,
        context=row.context,
        reference=reference,
        image=row.image,
    )
    names = (row.image_file,) if isinstance(row.image_file, str) else tuple(row.image_file)
    frame = None if row.image is not None else options.frame  # a row's own word goes first
    return Sample(place, row.id or place, rollout, names, row.split, row.group, frame)
