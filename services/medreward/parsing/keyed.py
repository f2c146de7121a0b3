"""JSON boxes in running text: ``{"box_2d": [y1, x1, y2, x2], "label": "lung"}`` and its relatives.

The keys are looked for, not the objects: policies write JSON that no JSON parser reads (``["{"bbox_2d": ...}]`` is
common in VLM-R1's outputs), and a reply that breaks off still counts the boxes it began.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final, Literal, NamedTuple

from .boxes import MAX_BOXES, read_boxes, simple_box
from .labels import STRING, label_of
from .problems import PROBLEMS, Problems
from .types import Region


class Key(NamedTuple):
    """What a key says about the corners under it."""

    grid: bool
    """``y1, x1, y2, x2`` on 0-1000; otherwise ``x1, y1, x2, y2``"""
    space: Literal["pixel"] | None
    default_space: Literal["pixel", "grid1000"]


KEYS: Final[dict[str, Key]] = {
    # MEDSAGE as published
    "box_2d": Key(True, None, "grid1000"),
    # MEDSAGE as released
    "bbox_xyxy_pixel": Key(False, "pixel", "pixel"),
    # Qwen2.5-VL
    "bbox_2d": Key(False, None, "pixel"),
}

_VALUE = (
    # a list, which may hold others, and the lists and the number right after it, which would otherwise go unread
    r"\[[^\[\]{}]*+(?:\[[^\[\]{}]*+\][^\[\]{}]*+)*+\]?+(?:(?<=\])\s*+,\s*+\[\s*+[-+.0-9][^\[\]{}]*+\])*+"
    r"(?:(?<=\])\s*+,?+\s*+[-+.0-9][^\s,{}\[\]\"']*+)?+"
    r"|\([^()\[\]{}]*+\)?+"
    r"|\"[^\"\n]*+\"|'[^'\n]*+'"
    r"|[^\s,{}\[\]\"']*+"
)
_LABEL = rf"""(?ai:abel)\\?+["']?+\s*+:\s*+({STRING})"""
# In any letter case (of ASCII: a Kelvin sign is no K). Its first character is a set of letters, so that the search
# skips to them. Without quotation marks a key is one only before a list: a sentence may speak of it.
_TOKEN = re.compile(
    r"[bBlL](?<![A-Za-z0-9_].)(?:"
    rf"""(?<=[bB])(?ai:({"|".join(key[1:] for key in KEYS)}))(\\?+["'])?+\s*+:\s*+(?(2)|(?=[\[(]))({_VALUE})"""
    rf"""(?:\s*+,\s*+\\?+["']?+[lL]{_LABEL})?+"""
    rf"|(?<=[lL]){_LABEL})"
)
_QUOTED = re.compile(r'"[^"\\\n]*+"')
_OBJECT = re.compile(r"\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}")
_MAX_TOKENS = 4 * MAX_BOXES
_MAX_GAP = 4096
"""characters between a box and its label"""


def read_keyed(source: str, start: int, end: int, regions: list[Region], problems: Problems) -> None:
    """Append the JSON boxes of ``source[start:end]`` to ``regions``; a label may stand before or after its box."""
    if source.find("_", start, end) < 0:
        return
    label = ""
    first = len(regions)  # of the object at hand
    at = start
    for count, found in enumerate(islice(_TOKEN.finditer(source, start, end), _MAX_TOKENS)):
        begin = found.start()
        if (label or first < len(regions)) and (source[at] == "}" or _leaves(source[at:begin])):
            label = ""
            first = len(regions)
        at = found.end()
        key, _, value, after, alone = found.groups()
        named = after or alone
        if named:
            label = label_of(named) if "\\" in named else named[1:-1]
            for i in range(first, len(regions)):
                if not regions[i].label:
                    regions[i] = regions[i]._replace(label=label)
        if key:
            name = source[begin : found.end(1)]
            if name not in KEYS:
                name = name.lower()
            _read_value(KEYS[name], name, value, found.start(3), label, regions, problems)
        if len(regions) > MAX_BOXES or count == _MAX_TOKENS - 1:
            problems.add("too_many_boxes", f"only the first {MAX_BOXES} boxes are read", (begin, at))
            return


def _leaves(between: str) -> bool:
    """Whether an object ends or begins in ``between``; one that does both is a value of the object at hand."""
    if "{" not in between and "}" not in between:
        return False
    if len(between) > _MAX_GAP:
        return True
    between = _OBJECT.sub("", _QUOTED.sub("", between))
    return "{" in between or "}" in between


def _read_value(
    key: Key, name: str, value: str, at: int, label: str, regions: list[Region], problems: Problems
) -> None:
    simple = simple_box(value, key.grid) if value.endswith("]") else None
    if simple is not None:
        regions.append(Region(label, simple, key.space, key.default_space, (at, at + len(value))))
        return
    if name == "bbox_xyxy_pixel" and value.startswith("[") and value.endswith("]") and not value[1:-1].strip():
        # the released dialect lists its boxes, and the list may be empty
        return
    for box, code, span in read_boxes(value, at, key.grid):
        if code:
            problems.add(code, f'"{name}": {PROBLEMS[code]}', span)
        regions.append(Region(label, box, key.space, key.default_space, span))
