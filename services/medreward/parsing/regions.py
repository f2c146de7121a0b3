"""The regions: the boxes that count as the response's grounding.

Every ``<box>`` outside the thinking, in LVKC only those of its localization stages. And every JSON box: LVKC's in its
localization stages, else those in ``<location>``; without it in the answer; without that in the whole text but the
thinking. A policy that wrote one kind could hide boxes of the other if one excluded the other.
"""

from __future__ import annotations

import re

from .boxes import MAX_BOXES, around_boxes, read_boxes, simple_box
from .keyed import read_keyed
from .parts import Mark, Part, Scan, spoken
from .problems import PROBLEMS, Problems
from .types import Dialect, Region, Span, StageName

_DIGIT = re.compile("[0-9]")
_FOUR = re.compile(r"[\[(]\s*+[-+]?+[0-9.]++(?:\s*+,\s*+[-+]?+[0-9.]++){3}\s*+[\])]")


def regions_of(source: str, turn: Span, scan: Scan, dialect: Dialect, problems: Problems) -> tuple[Region, ...]:
    """The regions of ``source[turn]``, in order of appearance; bad boxes are among them and in ``problems``."""
    regions: list[Region] = []
    aloud: set[StageName] | None = None
    for mark in scan.marks:
        stage, thought = _stage(mark, scan.prefilled)
        if thought and aloud is None:
            aloud = {part.name for part in scan.parts if not part.thought}
        if stage == "think" or (dialect == "lvkc" and stage != "localization") or (thought and stage in (aloud or ())):
            continue
        if stage != "location" and dialect != "lvkc":
            problems.add("box_outside_location", "<box> stands outside <location>", _span(mark))
        _read_mark(source, mark, regions, problems)
        if len(regions) > MAX_BOXES:
            problems.add("too_many_boxes", f"only the first {MAX_BOXES} boxes are read", _span(mark))
            return tuple(regions[:MAX_BOXES])
    marked = len(regions)
    if source.find("_", *turn) >= 0:
        spans = _keyed_spans(turn, scan, dialect)
        for start, end in _without(spans, scan.marks) if scan.marks else spans:
            read_keyed(source, start, end, regions, problems)
            if len(regions) > MAX_BOXES:
                break
    if 0 < marked < len(regions):
        regions.sort(key=lambda region: region.span)
    if not regions:
        _unreadable(source, scan, dialect, problems)
    return tuple(regions[:MAX_BOXES])


def _span(mark: Mark) -> Span:
    return (mark.at, mark.at + len(mark.content))


def _stage(mark: Mark, prefilled: int) -> tuple[StageName | None, bool]:
    """The innermost part that the mark stands in, None for none, and whether that stands inside the thinking."""
    around = mark.within
    if around is not None and not around.closed and around.end <= mark.at:
        around = around.within
    if around is None:
        return ("think", True) if mark.at < prefilled else (None, False)
    return around.name, around.thought


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
            code = around_boxes((content[: content.find("{")], content[content.rfind("}") + 1 :]))
            if code == "box_malformed" and "}" in content:
                problems.add(code, f"<box>: {PROBLEMS[code]}", _span(mark))
                regions.append(Region(mark.label, None, None, "pixel", _span(mark)))
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


def _inside(parts: list[Part], name: StageName) -> list[Span]:
    """The insides of the spoken parts called ``name``; where one holds another, the outer one's alone."""
    spans: list[Span] = []
    for part in spoken(parts, name):
        if not spans or part.inner >= spans[-1][1]:
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


def _without(spans: list[Span], marks: list[Mark]) -> list[Span]:
    """``spans`` without what the marks hold: that was read as theirs."""
    left: list[Span] = []
    i = 0
    for start, end in spans:
        while i < len(marks) and marks[i].at < end:
            inner, after = _span(marks[i])
            i += 1
            if after > start:
                left.append((start, inner))
                start = after
        left.append((start, end))
    return left


def _unreadable(source: str, scan: Scan, dialect: Dialect, problems: Problems) -> None:
    if dialect != "lvkc":
        for start, end in _inside(scan.parts, "location"):
            if _DIGIT.search(source, start, end):
                problems.add("unreadable_location", "<location> has numbers but no <box>", (start, end))
        return
    for start, end in _inside(scan.parts, "localization"):
        if _FOUR.search(source, start, end):
            problems.add("unreadable_location", "<LOC> has four numbers in a list but no box_2d", (start, end))
