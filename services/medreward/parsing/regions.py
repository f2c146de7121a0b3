"""The regions: the boxes that count as the response's grounding.

Every ``<box>`` outside the thinking, in LVKC only those of its localization stages. Where there is none, JSON boxes:
LVKC's in its localization stages, else those in ``<location>``; without it in the answer; without that in the whole
text but the thinking.
"""

from __future__ import annotations

import re

from .boxes import MAX_BOXES, read_boxes, simple_box
from .keyed import read_keyed
from .parts import Mark, Part, Scan
from .problems import PROBLEMS, Problems
from .types import Dialect, Region, Span

_DIGIT = re.compile("[0-9]")


def regions_of(source: str, turn: Span, scan: Scan, dialect: Dialect, problems: Problems) -> tuple[Region, ...]:
    """The regions of ``source[turn]``, in order of appearance; bad boxes are among them and in ``problems``."""
    regions: list[Region] = []
    for mark in scan.marks:
        stage = _stage(mark, scan.prefilled)
        if stage == "think" or (dialect == "lvkc" and stage != "localization"):
            continue
        if stage != "location" and dialect != "lvkc":
            problems.add("box_outside_location", "<box> stands outside <location>", _span(mark))
        _read_mark(source, mark, regions, problems)
        if len(regions) > MAX_BOXES:
            problems.add("too_many_boxes", f"only the first {MAX_BOXES} boxes are read", _span(mark))
            break
    if not regions:
        for start, end in _keyed_spans(turn, scan, dialect):
            read_keyed(source, start, end, regions, problems)
            if len(regions) > MAX_BOXES:
                break
        if not regions:
            _unreadable(source, scan, problems)
    return tuple(regions[:MAX_BOXES])


def _span(mark: Mark) -> Span:
    return (mark.at, mark.at + len(mark.content))


def _stage(mark: Mark, prefilled: int) -> str:
    """Name of the innermost part that the mark stands in, ``""`` for none."""
    around = mark.within
    if around is not None and not around.closed and around.end <= mark.at:
        around = around.within
    if around is not None:
        return around.name
    return "think" if mark.at < prefilled else ""


def _read_mark(source: str, mark: Mark, regions: list[Region], problems: Problems) -> None:
    content = mark.content
    simple = simple_box(content, False) if mark.closed else None
    if simple is not None:
        regions.append(Region(mark.label, simple, None, "pixel", _span(mark)))
        return
    if "{" in content:
        before = len(regions)
        read_keyed(source, *_span(mark), regions, problems)
        if len(regions) > before:
            return
    for box, code, span in read_boxes(content, mark.at, False):
        if not mark.closed and not content.rstrip().endswith(("]", ")")):
            # "64, 42, 257, 26" may have gone on
            box, code = None, code or "box_unclosed"
        if code:
            problems.add(code, f"<box>: {PROBLEMS[code]}", span)
        regions.append(Region(mark.label, box, None, "pixel", span))


def _keyed_spans(turn: Span, scan: Scan, dialect: Dialect) -> list[Span]:
    parts = scan.parts
    if dialect == "lvkc":
        return _inside(parts, "localization")
    spoken = max(turn[0], scan.prefilled)
    return _inside(parts, "location") or _inside(parts, "answer") or _gaps(_inside(parts, "think"), spoken, turn[1])


def _inside(parts: list[Part], name: str) -> list[Span]:
    """The insides of the parts called ``name``; where one holds another, the outer one's alone."""
    spans: list[Span] = []
    for part in parts:
        if part.name == name and (not spans or part.inner >= spans[-1][1]):
            spans.append((part.inner, part.end))
    return spans


def _gaps(spans: list[Span], start: int, end: int) -> list[Span]:
    """``start .. end`` without ``spans``."""
    gaps: list[Span] = []
    for inner, after in spans:
        if inner > start:
            gaps.append((start, inner))
        start = max(start, after)
    return [*gaps, (start, end)]


def _unreadable(source: str, scan: Scan, problems: Problems) -> None:
    for start, end in _inside(scan.parts, "location"):
        if _DIGIT.search(source, start, end):
            problems.add("unreadable_location", "<location> has numbers but no <box>", (start, end))
