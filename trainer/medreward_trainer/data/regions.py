"""Places with their boxes, ``x1, y1, x2, y2``, in the ways that data sets write them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from medreward.contract import Region

_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_BOX = re.compile(rf"\[{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\]")
_REF_OR_BOX = re.compile(rf"<ref>(.*?)</ref>|<box>\s*\(?{_BOX.pattern}\)?\s*</box>", re.DOTALL)
_LABELS = ("ref", "label", "name", "location")
_BOXES = ("box", "bbox", "bbox_2d", "box_xyxy")
_AROUND = " \t\n,;:.()-"
TOLERANCE = 1.0
"""pixels by which a box may pass the image's edge: corners rounded outward, which are brought back to the edge"""


class RegionsError(ValueError):
    """These are no places with boxes; the message says why."""


def read_regions(value: Any) -> list[Region]:
    """The places of a location field, in its order.

    It may be text (``<ref>lung</ref><box>[1, 2, 3, 4]</box>`` or ``lung [1, 2, 3, 4]``, one or several), a box, a map
    of place to box or boxes, a map with the keys ``ref`` or ``label`` and ``box`` or ``bbox``, or a list of these.

    Raises:
        RegionsError: something of it is neither, or a place has no box.
    """
    try:
        return _read(value)
    except (RecursionError, OverflowError):
        raise RegionsError("a location that is nested too deep, or holds too large a number") from None


def within(regions: Sequence[Region], width: float, height: float) -> list[Region]:
    """The regions with corners brought back to the frame's edge where they pass it by rounding.

    Raises:
        RegionsError: a box has no area, or lies outside the frame.
    """
    kept = []
    for region in regions:
        if len(region.box) != 4 or not all(math.isfinite(corner) for corner in region.box):
            raise RegionsError("a box that is not four numbers")
        x1, y1, x2, y2 = region.box
        if not (x1 < x2 and y1 < y2):
            raise RegionsError("a box without area")
        if min(x1, y1) < -TOLERANCE or x2 > width + TOLERANCE or y2 > height + TOLERANCE:
            raise RegionsError("a box outside the image")
        box = [max(x1, 0.0), max(y1, 0.0), min(x2, width), min(y2, height)]
        if not (box[0] < box[2] and box[1] < box[3]):
            raise RegionsError("a box outside the image")
        kept.append(Region(region.label, box))
    return kept


def scaled(regions: Sequence[Region], across: float, down: float) -> list[Region]:
    """The regions in a frame ``across`` times as wide and ``down`` times as high, to a hundredth of a pixel."""
    return [
        Region(region.label, [round(corner * (down if i % 2 else across), 2) for i, corner in enumerate(region.box)])
        for region in regions
    ]


def _read(value: Any) -> list[Region]:
    if value is None or value in ("", [], {}):
        return []
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, Mapping):
        return _from_map(value)
    if isinstance(value, Sequence):
        if len(value) == 4 and all(_is_number(one) for one in value):
            return [Region("", [float(one) for one in value])]
        return [region for one in value for region in _read(one)]
    raise RegionsError(f"a location that is {type(value).__name__}")


def _from_text(text: str) -> list[Region]:
    if "<box>" in text:
        found, label, rest = [], "", _REF_OR_BOX.sub("", text)
        for match in _REF_OR_BOX.finditer(text):
            if match[1] is not None:
                label = match[1].strip()
            else:
                found.append(Region(label, [float(corner) for corner in match.groups()[1:]]))
        if _BOX.search(rest) or "<box>" in rest:
            raise RegionsError("a box that is not four numbers")
        return found
    found, at = [], 0
    for match in _BOX.finditer(text):
        label = text[at : match.start()].strip(_AROUND).removeprefix("and ").strip(_AROUND)
        found.append(Region(label, [float(corner) for corner in match.groups()]))
        at = match.end()
    if not found or text[at:].strip(_AROUND):
        raise RegionsError("a place without a box")
    return found


def _from_map(value: Mapping[str, Any]) -> list[Region]:
    box_key = next((key for key in _BOXES if key in value), None)
    if box_key is None:
        return [Region(label, region.box) for label, boxes in value.items() for region in _boxes(boxes)]
    label = next((value[key] for key in _LABELS if isinstance(value.get(key), str)), "")
    return [Region(label, region.box) for region in _boxes(value[box_key])]


def _boxes(value: Any) -> list[Region]:
    found = _read(value)
    if not found:
        raise RegionsError("a place without a box")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
