"""A ground truth: is it a rollout of the contract, can it be scored, do its boxes lie in the image given?"""

from __future__ import annotations

import math

from medreward.contract import BOX_SPACES, QUESTION_TYPES, Rollout
from medreward_trainer.truth import TruthError, decode

from ..types import YES_NO
from .types import Tell

_FIELD = "reward_model.ground_truth"
_EDGE = 0.01
"""pixels that a box may pass the edge by: reference boxes are written to a hundredth"""


def truth_of(text: str, tell: Tell) -> Rollout | None:
    """The rollout, with what is wrong with it told; None when it is none."""
    try:
        rollout = decode(text)
    except TruthError as error:
        tell(_FIELD, "ground truth is no rollout", str(error))
        return None
    _kind(rollout, tell)
    _answer(rollout, tell)
    return rollout


def check_boxes(rollout: Rollout, sizes: list[tuple[int, int] | None], tell: Tell) -> int:
    """Tells of boxes that are none or lie outside the image; returns how many there are.

    Args:
        rollout: the ground truth.
        sizes: width and height of the row's images; None for one that does not decode.
        tell: told of what is wrong.
    """
    regions = rollout.reference.regions if rollout.reference is not None else []
    image = rollout.image
    if image is not None and len(sizes) == 1 and sizes[0] not in (None, (image.width, image.height)):
        said, seen = f"{image.width} x {image.height}", "{} x {}".format(*sizes[0] or ())
        tell(f"{_FIELD}.image", "image size is not the image's", f"says {said}, the image is {seen}")
    if regions and image is None:
        tell(f"{_FIELD}.image", "reference boxes without an image size", "")
        return len(regions)
    for number, region in enumerate(regions):
        field = f"{_FIELD}.reference.regions[{number}].box"
        if len(region.box) != 4 or not all(map(math.isfinite, region.box)):
            tell(field, "reference box is not four numbers", str(region.box)[:80])
            continue
        x1, y1, x2, y2 = region.box
        inside = image is None or (x2 <= image.width + _EDGE and y2 <= image.height + _EDGE)
        if not (0 <= x1 < x2 and 0 <= y1 < y2 and inside):
            of = f" of {image.width} x {image.height}" if image is not None else ""
            tell(field, "reference box outside the image", f"{region.box}{of}")
    return len(regions)


def _kind(rollout: Rollout, tell: Tell) -> None:
    if rollout.question_type not in QUESTION_TYPES:
        tell(f"{_FIELD}.question_type", "unknown question type", rollout.question_type[:40])
    if rollout.box_space is not None and rollout.box_space not in BOX_SPACES:
        tell(f"{_FIELD}.box_space", "unknown box space", rollout.box_space[:40])
    if not rollout.question.strip():
        tell(f"{_FIELD}.question", "empty question", "")


def _answer(rollout: Rollout, tell: Tell) -> None:
    field = f"{_FIELD}.reference.answer"
    answer = rollout.reference.answer.strip() if rollout.reference is not None else ""
    if not answer:
        tell(field, "empty reference answer", "")
    elif rollout.question_type == "closed_ended" and answer.lower().rstrip(".") not in YES_NO:
        tell(field, "closed question answered by neither yes nor no", answer[:80])
    elif rollout.question_type.endswith("_choice"):
        if not rollout.choices:
            tell(f"{_FIELD}.choices", "choice question without choices", "")
            return
        letters = [letter.strip() for letter in answer.split(",")]
        strange = [letter for letter in letters if letter not in rollout.choices]
        if strange:
            tell(field, "answer letter without such a choice", ", ".join(strange)[:80])
        elif rollout.question_type == "single_choice" and len(letters) != 1:
            tell(field, "several letters for a single choice", answer[:80])
