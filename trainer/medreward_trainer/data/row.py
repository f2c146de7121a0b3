"""One sample as a row of the file: the picture, the boxes in its frame, the prompt and the ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from medreward.contract import Image, Region, Rollout
from medreward_trainer.truth import encode

from .images import Picture
from .parquet import Row
from .recipes import CONTROL, MARKS, RECIPES, prompt
from .regions import RegionsError, scaled, within
from .types import YES_NO, Left, Sample, Split

SHAPE = 0.02
"""the part by which the shape that the data gives an image may differ from the file's: sizes rounded to pixels"""
_FOREIGN = "text that verl would take for an image, a video or a sound"
_CONTROL = "text that a tokenizer would take for one of its control tokens"


class Style(NamedTuple):
    """What is the same for all rows of a conversion."""

    source: str
    recipe: str
    agent: str
    boxes: bool
    """whether the prompts ask for boxes (of rows with one image)"""


def defect(sample: Sample) -> Left | None:
    """Why a sample cannot be a row, whatever its image; None when it can."""
    rollout = sample.rollout
    choices = rollout.choices or {}
    texts = [rollout.question, *choices.values()]
    if any(mark in text for text in texts for mark in MARKS):
        return Left(sample.place, _FOREIGN)
    if any(CONTROL.search(text) for text in texts):
        return Left(sample.place, _CONTROL)
    reference = rollout.reference
    if reference is None or not reference.answer.strip():
        return Left(sample.place, "the answer is empty", broken=True)
    if not rollout.question.strip():
        return Left(sample.place, "the question is empty", broken=True)
    if rollout.question_type == "closed_ended" and reference.answer.strip().lower() not in YES_NO:
        return Left(sample.place, "a closed question whose answer is neither yes nor no", detail=reference.answer[:80])
    if rollout.question_type.endswith("_choice") and not choices:
        return Left(sample.place, "a choice question without options")
    if reference.regions and len(sample.images) != 1:
        return Left(sample.place, "boxes, but not one image they are on")
    return None


def row_of(sample: Sample, pictures: Sequence[Picture], style: Style, split: Split, index: int) -> Row | Left:
    """The row, or why there is none."""
    try:
        rollout = _in_frame(sample, pictures[0]) if len(pictures) == 1 else _without_size(sample.rollout)
    except RegionsError as error:
        return Left(sample.place, str(error), broken=True)
    # among several images a box would not say which one it is on
    boxes = style.boxes and len(pictures) == 1
    rollout = msgspec.structs.replace(rollout, box_space=RECIPES[style.recipe].box_space if boxes else None)
    return Row(
        data_source=style.source,
        agent_name=style.agent,
        prompt=[{"role": "user", "content": prompt(style.recipe, rollout, len(pictures), boxes)}],
        images=[{"bytes": picture.content, "path": None} for picture in pictures],
        ability="medical_vqa",
        reward_model={"style": "rule", "ground_truth": encode(rollout)},
        extra_info={
            "split": split,
            "index": index,
            "id": sample.id,
            "image": ";".join(sample.images),
            "question_type": rollout.question_type,
            "recipe": style.recipe,
        },
    )


def _in_frame(sample: Sample, picture: Picture) -> Rollout:
    """The rollout with its boxes, and its image's size, in pixels of the picture that the policy is given."""
    rollout, reference = sample.rollout, sample.rollout.reference
    said = sample.frame
    if said is None and rollout.image is not None:
        said = (rollout.image.width, rollout.image.height)
        _same_shape(said, picture)
    width, height = said or (picture.file_width, picture.file_height)
    if reference is not None and reference.regions:
        regions: list[Region] = within(reference.regions, width, height)
        regions = scaled(regions, picture.width / width, picture.height / height)
        # a sliver may vanish by rounding
        reference = msgspec.structs.replace(reference, regions=within(regions, picture.width, picture.height))
    return msgspec.structs.replace(rollout, reference=reference, image=Image(picture.width, picture.height))


def _same_shape(said: tuple[int, int], picture: Picture) -> None:
    if min(said) < 1 or abs(said[0] / said[1] * picture.file_height / picture.file_width - 1) > SHAPE:
        raise RegionsError("the data gives the image another shape than its file has")


def _without_size(rollout: Rollout) -> Rollout:
    """For a row of no image or of several: there is no one frame for boxes."""
    reference = rollout.reference
    if reference is not None:
        reference = msgspec.structs.replace(reference, regions=[])
    return msgspec.structs.replace(rollout, image=None, reference=reference)
