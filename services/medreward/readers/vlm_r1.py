"""VLM-R1's evaluation logs on RefCOCO: raw policy outputs with the boxes that people drew.

One JSON object a file; ``results`` holds the question, ``ground_truth`` (``x1, y1, x2, y2`` in pixels) and the raw
``model_output``. ``extracted_answer`` is left alone: in the baseline's file it is rescaled wrongly. The task has only
boxes, so the phrase that was asked for stands as the answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from medreward.contract.types import Reference, Region, Rollout
from medreward.readers.source import Source
from medreward.readers.types import Options


class _Result(msgspec.Struct):
    question: str
    ground_truth: list[float]
    model_output: str


class _Log(msgspec.Struct):
    results: list[_Result]


def read(source: Source, options: Options) -> Iterator[Rollout]:
    """A rollout a result; those of one position in the files of several runs are a group."""
    for index, row in enumerate(source.whole(_Log).results):
        if len(row.ground_truth) != 4:
            source.fail(f"results[{index}]", f"ground_truth: needs four numbers, has {len(row.ground_truth)}")
        # "Please provide the bounding box coordinate of the region this sentence describes: left lady."
        phrase = row.question.partition(": ")[2].removesuffix(".")
        yield Rollout(
            id=f"{source.stem}/{index}",
            group_id=f"refcoco/{index}",
            question=row.question,
            question_type="open_ended",
            response=row.model_output,
            reference=Reference(phrase, [Region(phrase, row.ground_truth)]),
            box_space="pixel",
        )
