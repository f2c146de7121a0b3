"""Names and boxes of the places where a fact is to be seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Literal

from .lexicon import entities
from .sketch import Fact

Reach = Literal["near", "wide", "point"]
"""``near``: the fact's own area; ``wide``: a region that holds it; ``point``: its area, marked by one point"""
Box = tuple[int, int, int, int]


def place_of(fact: Fact, rng: Random, reach: Reach) -> str:
    """A name of the place, without article."""
    entity = entities()[fact.entity]
    if reach == "wide" or not fact.placed:
        names = [name for name in entity.wide if fact.side is not None or "{side}" not in name]
        return rng.choice(names).replace("{side}", fact.side or "")
    return rng.choice(entity.areas[fact.area]).replace("{side}", fact.side or "")


def box_of(fact: Fact) -> Box:
    """About where the fact's area lies, ``y1, x1, y2, x2`` on the 0-1000 grid; the patient's left is on the right."""
    entity = entities()[fact.entity]
    y1, x1, y2, x2 = entity.box
    if len(entity.areas) > 1:
        height = min(y2 - y1, 300)
        site = entity.areas[fact.area][0]
        top = 120 if ("upper" in site or "apex" in site) else 520
        y1, y2 = top + (300 - height) // 2, top + (300 + height) // 2
    return (y1, 1000 - x2, y2, 1000 - x1) if fact.side == "left" else (y1, x1, y2, x2)


def apart(one: Fact, other: Fact) -> bool:
    """Whether the boxes of two facts do not meet."""
    a, b = box_of(one), box_of(other)
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def region_of(fact: Fact, label: str, rng: Random, known: Mapping[str, Box], reach: Reach) -> str:
    """A region as the policies write it: a box or a point on the grid, or a box in pixels."""
    y1, x1, y2, x2 = known.get(fact.entity, box_of(fact))
    if reach == "wide":
        y1, x1, y2, x2 = y1 // 2, x1 // 2, (y2 + 1000) // 2, (x2 + 1000) // 2
    shift = [rng.randint(-15, 15) for _ in range(4)]
    y1, x1, y2, x2 = (min(1000, max(0, value + move)) for value, move in zip((y1, x1, y2, x2), shift, strict=True))
    if reach == "point" or rng.random() < 0.1:
        return json.dumps({"point": [(y1 + y2) // 2, (x1 + x2) // 2], "label": label})
    if rng.random() < 0.3:
        return json.dumps({"bbox_xyxy_pixel": [[x1 // 2, y1 // 2, x2 // 2, y2 // 2]], "label": label})
    return json.dumps({"box_2d": [y1, x1, y2, x2], "label": label})
