"""grounding: do the predicted boxes lie where the reference's do?

``threshold``   GEMeX-RMCoT section 4.2.2: 1 if as many boxes are predicted as referenced and mIoU > 0.75, else 0
``continuous``  MEDSAGE's released reward: mIoU itself

Here mIoU is the IoU summed over the best one-to-one assignment, divided by the larger of the two counts, so boxes too
many and boxes too few both cost. Predicted boxes are brought into pixels of the image before they are compared.
No boxes on either side is agreement (1); boxes on one side only is none (0). A predicted box that is none still
counts as predicted, and meets nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
from scipy.optimize import linear_sum_assignment  # the field's assignment solver; exact, and fast enough

from medreward.contract.types import Image, Rollout
from medreward.parsing import Box, Region
from medreward.rewards.types import Outcome, Params, Sample, scored, unscored

_GRID = 1000.0
# pairs up to which plain Python is faster than arrays
_FEW = 64
# IoU of converted boxes carries rounding of about 1e-16; strictly above must not be met by that alone
_ROUNDING = 1e-9


class GroundingParams(Params, frozen=True):
    """How boxes become a reward."""

    mode: Literal["threshold", "continuous"] = "threshold"
    threshold: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)] = 0.75
    """mIoU must be strictly above it; only in mode ``threshold``"""


class Pair(NamedTuple):
    """A predicted and a reference box, by position, and how they overlap."""

    predicted: int
    reference: int
    iou: float


def grounding(sample: Sample, params: GroundingParams) -> Outcome:
    """1 or 0 (``threshold``), or mIoU (``continuous``); ``invalid_input`` when the reference boxes make no sense."""
    rollout, regions = sample.rollout, sample.trajectory.regions
    try:
        reference = reference_boxes(rollout)
        # without reference boxes there is nothing to compare with, so no image is needed either
        predicted = [_in_pixels(region, rollout) if reference else usable(region, rollout) for region in regions]
    except _Invalid as error:
        return unscored("invalid_input", str(error))
    pairs = assign(predicted, reference)
    most = max(len(predicted), len(reference))
    miou = sum(pair.iou for pair in pairs) / most if most else 1.0
    if not most:
        detail = "no boxes, none in the reference"
    else:
        detail = f"{len(predicted)} of {len(reference)} boxes, mIoU {miou:.3f}"
        if bad := predicted.count(None):
            detail += f", {bad} written wrongly"
    value = miou
    if params.mode == "threshold":
        value = float(len(predicted) == len(reference) and miou > params.threshold + _ROUNDING)
    return scored(value, detail, _explain(miou, predicted, reference, pairs) if sample.explain else None)


def count_equal(sample: Sample) -> str | None:
    """MEDSAGE's released gate: why the number of boxes differs from the reference's, or None when it does not."""
    reference = sample.rollout.reference
    predicted, wanted = len(sample.trajectory.regions), len(reference.regions) if reference else 0
    return None if predicted == wanted else f"{predicted} boxes, the reference has {wanted}"


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes ``x1, y1, x2, y2`` with positive area."""
    ax1, ay1, ax2, ay2 = a
    bx1, by1, bx2, by2 = b
    # comparisons written out: min() and max() would take most of the time of a rollout's grounding
    width = (ax2 if ax2 < bx2 else bx2) - (ax1 if ax1 > bx1 else bx1)
    height = (ay2 if ay2 < by2 else by2) - (ay1 if ay1 > by1 else by1)
    if width <= 0.0 or height <= 0.0:
        return 0.0
    common = width * height
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - common
    # a policy may write 1e200 or 1e-200: areas that overflow or vanish overlap with nothing
    return common / union if 0.0 < union < math.inf else 0.0


def assign(predicted: Sequence[Box | None], reference: Sequence[Box]) -> list[Pair]:
    """The one-to-one assignment with the largest sum of IoU; pairs that do not overlap are left out."""
    if not predicted or not reference:
        return []
    overlaps = _overlaps(predicted, reference)
    best = [max(row) for row in overlaps]
    pairs = [Pair(p, row.index(most), most) for p, (row, most) in enumerate(zip(overlaps, best, strict=True)) if most]
    # where every box meets its best in another one, no assignment can have a larger sum: nearly every rollout
    if len({pair.reference for pair in pairs}) == len(pairs):
        return pairs
    rows, columns = linear_sum_assignment(np.array(overlaps), maximize=True)
    found = zip(rows.tolist(), columns.tolist(), strict=True)
    return [Pair(p, r, overlaps[p][r]) for p, r in found if overlaps[p][r] > 0.0]


def _overlaps(predicted: Sequence[Box | None], reference: Sequence[Box]) -> list[list[float]]:
    if len(predicted) * len(reference) <= _FEW:
        return [[iou(p, r) if p else 0.0 for r in reference] for p in predicted]
    p = np.array([box or (0.0, 0.0, 0.0, 0.0) for box in predicted])[:, None, :]
    r = np.array(reference)[None, :, :]
    sides = np.clip(np.minimum(p[..., 2:], r[..., 2:]) - np.maximum(p[..., :2], r[..., :2]), 0.0, None)
    common = sides.prod(-1)
    union = (p[..., 2:] - p[..., :2]).prod(-1) + (r[..., 2:] - r[..., :2]).prod(-1) - common
    sound = (common > 0.0) & (union > 0.0) & np.isfinite(union)
    table: list[list[float]] = np.divide(common, union, out=np.zeros_like(common), where=sound).tolist()
    return table


class _Invalid(ValueError):
    """The rollout lacks what a comparison needs."""


def reference_boxes(rollout: Rollout) -> list[Box]:
    """The reference's boxes in pixels.

    Raises:
        ValueError: naming the field that is no box.
    """
    if rollout.reference is None:
        raise _Invalid("reference: required")
    return [_checked(region.box, i) for i, region in enumerate(rollout.reference.regions)]


def _checked(box: Sequence[float], position: int) -> Box:
    if len(box) == 4:
        x1, y1, x2, y2 = box
        if 0.0 <= x1 < x2 < math.inf and 0.0 <= y1 < y2 < math.inf:
            return x1, y1, x2, y2
    path = f"reference.regions[{position}].box"
    if len(box) != 4:
        raise _Invalid(f"{path}: needs four numbers, has {len(box)}")
    if not all(map(math.isfinite, box)):
        raise _Invalid(f"{path}: must be finite")
    if box[0] < 0 or box[1] < 0:
        raise _Invalid(f"{path}: negative corner")
    raise _Invalid(f"{path}: must be x1, y1, x2, y2 with x1 < x2 and y1 < y2")


def usable(region: Region, rollout: Rollout) -> Box | None:
    """The predicted box in its own space; None when what was written is no box there."""
    box = region.box
    if box is None or space_of(region, rollout) == "pixel":
        return box
    return None if max(box) > _GRID else box


def _in_pixels(region: Region, rollout: Rollout) -> Box | None:
    box = usable(region, rollout)
    if box is None or space_of(region, rollout) == "pixel":
        return box
    image: Image | None = rollout.image
    if image is None:
        raise _Invalid("image: required to compare boxes on the 0-1000 grid with the reference's pixels")
    x1, y1, x2, y2 = box
    sx, sy = image.width / _GRID, image.height / _GRID
    return x1 * sx, y1 * sy, x2 * sx, y2 * sy


def space_of(region: Region, rollout: Rollout) -> str:
    """The space of a predicted box: fixed by its syntax, else said by the rollout, else its syntax's usual one."""
    return region.space or rollout.box_space or region.default_space


def _explain(
    miou: float, predicted: Sequence[Box | None], reference: Sequence[Box], pairs: Sequence[Pair]
) -> dict[str, object]:
    return {
        "miou": miou,
        "predicted_pixels": [list(box) if box else [] for box in predicted],
        "reference_pixels": [list(box) for box in reference],
        "pairs": [pair._asdict() for pair in pairs],
    }
