"""One box, or several, written as numbers: ``[64, 42, 257, 262]`` and the ways models vary it.

A list of corners is read into ``x1, y1, x2, y2``; what is not a box gives the code that says why. Nothing is
repaired: a swapped corner is a wrong box, not a box written backwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from math import isfinite

from .types import Box, Span

MAX_BOXES = 512
"""boxes read of one output"""
MAX_CORNER = 1e6
"""the largest corner in pixels; no image is wider, and areas stay far from overflow"""
MAX_LENGTH = 400
"""characters between the brackets of one box; what is longer is not four numbers"""
GRID = 1000.0
"""the end of the grid that ``box_2d`` is written on (MEDSAGE, and the Gemini convention it follows)"""

Reading = tuple[Box | None, str, Span]
"""the box or None, the code of its problem or ``""``, where it is written"""

_N = r"\s*+([0-9]{1,7}+(?:\.[0-9]{1,17}+)?+)\s*+"
_FOUR = re.compile(rf"\s*+(\[)?+{_N},{_N},{_N},{_N}(?(1)\])\s*+")
_LIST = re.compile(r"([\[(])([^\[\]()]*+)(?![\[(])([\])])?+")
_COMMA = re.compile(r"\s*+[,;]\s*+|\s++")
_NUMBER = re.compile(r"[-+]?+(?:[0-9]{1,30}+(?:\.[0-9]{0,30}+)?+|\.[0-9]{1,30}+)(?:[eE][-+]?+[0-9]{1,4}+)?+")
_BARE = re.compile(r"\s*+(?:```(?:json)?+\s*+|\*\*\s*+|`)?+([^`*]*+)(?:```|\*\*|`)?+\s*+")
_AROUND = re.compile(r"(?:[\s,;*`()\[\]]++|and(?![\w.])|json(?<=```json))*+")
_BRACKET = re.compile(r"[\[\]()]")
_PAIRS = {"[": "]", "(": ")"}


def simple_box(text: str, grid: bool) -> Box | None:
    """The box, when ``text`` is one good box and no more, as nearly all are; None sends it to :func:`read_boxes`."""
    found = _FOUR.fullmatch(text)
    if found is None:
        return None
    _, a, b, c, d = found.groups()
    x1, y1, x2, y2 = float(a), float(b), float(c), float(d)
    if grid:
        x1, y1, x2, y2 = y1, x1, y2, x2
    limit = GRID if grid else MAX_CORNER
    return (x1, y1, x2, y2) if 0 <= x1 < x2 <= limit and 0 <= y1 < y2 <= limit else None


def read_boxes(text: str, at: int, grid: bool) -> list[Reading]:
    """The boxes written in ``text``, which starts at offset ``at`` of the source.

    ``grid`` says that they are ``y1, x1, y2, x2`` on 0-1000 (``box_2d``); otherwise ``x1, y1, x2, y2``. Accepts one
    list or several, nested lists, no brackets, and corner pairs ``(64,42),(257,262)``; never returns nothing.
    """
    lists, fault = _lists(text, at)
    if len(lists) % 2 == 0 and all(len(tokens) == 2 and closed for tokens, closed, _ in lists):
        pairs = zip(lists[::2], lists[1::2], strict=True)
        lists = [(one + two, True, (start, end)) for (one, _, (start, _)), (two, _, (_, end)) in pairs]
    readings: list[Reading] = []
    for tokens, closed, span in lists:
        box, code = _read(tokens, closed, grid)
        readings.append((None, code if box is None else fault, span) if fault else (box, code, span))
    return readings


def around_boxes(pieces: Iterable[str]) -> str:
    """The code of what is wrong with the text before, between and after boxes, ``""`` where it says nothing.

    It may hold the brackets of an outer list, separators and markdown; another number or word may be a box, or a
    thing said of it, that would go unread.
    """
    open_: list[str] = []
    fault = ""
    for piece in pieces:
        if len(piece) > MAX_LENGTH or _AROUND.fullmatch(piece) is None:
            fault = "box_malformed"
            if len(piece) > MAX_LENGTH:
                break
        for bracket in _BRACKET.findall(piece):
            if bracket in _PAIRS:
                open_.append(_PAIRS[bracket])
            elif not open_ or open_.pop() != bracket:
                return "box_malformed"
    return "box_unclosed" if open_ else fault


def _lists(text: str, at: int) -> tuple[list[tuple[list[str], bool, Span]], str]:
    """Each list as its tokens, whether its bracket is closed, and its span; the code of what is wrong around them."""
    if text.lstrip()[:1] in ("'", '"'):
        # a string, whatever it says
        return [([text[:MAX_LENGTH]], True, (at, at + len(text)))], ""
    found = list(islice(_LIST.finditer(text), 2 * MAX_BOXES + 2))
    if not found:
        bare = _BARE.fullmatch(text)
        return [(_tokens(bare[1] if bare is not None else text), True, (at, at + len(text)))], ""
    lists = [(_tokens(m[2]), m[3] is not None, (at + m.start(), at + m.end())) for m in found]
    if any(m[3] is not None and m[3] != _PAIRS[m[1]] for m in found):
        return lists, "box_malformed"
    ends = [0, *(m.end() for m in found)]
    # of more lists than are read, those beyond are not looked at
    starts = [*(m.start() for m in found), len(text) if len(found) < 2 * MAX_BOXES + 2 else ends[-1]]
    return lists, around_boxes(text[end:start] for end, start in zip(ends, starts, strict=True))


def _tokens(inside: str) -> list[str]:
    stripped = inside.strip()
    if len(stripped) > MAX_LENGTH:
        return [""]
    return _COMMA.split(stripped) if stripped else []


def _read(tokens: list[str], closed: bool, grid: bool) -> tuple[Box | None, str]:
    if not closed:
        return None, "box_unclosed"
    values: list[float] = []
    for token in tokens:
        if len(token) < 6 and token.lower() in ("true", "false"):
            return None, "box_boolean"
        value = float(token) if _NUMBER.fullmatch(token) else float("nan")
        if not isfinite(value):
            return None, "box_not_a_number"
        values.append(value)
    if len(values) != 4:
        return None, "box_wrong_count"
    if grid:
        y1, x1, y2, x2 = values
    else:
        x1, y1, x2, y2 = values
    if min(values) < 0:
        return None, "box_negative"
    if max(values) > MAX_CORNER:
        return None, "box_too_large"
    # the product is zero also for sides so small that the area underflows
    if not (x1 < x2 and y1 < y2) or (x2 - x1) * (y2 - y1) == 0:
        return None, "box_no_area"
    # still a box where the rollout says that its boxes are pixels
    return (x1, y1, x2, y2), "box_off_grid" if grid and max(values) > GRID else ""
