"""The parts of a response: which part lies where, found in one pass and never refusing.

Two kinds. A *part* (:class:`Part`) is a stage such as ``<LOC>`` or ``<think>``; parts may stand inside one another.
A *mark* (:class:`Mark`) is a ``<box>`` with the ``<ref>`` before it: its content runs to the next tag.

A part that is never closed ends at the next tag of a part, so one forgotten slash costs one part and not the rest
of the response. Only ``<response>``, which holds others, runs on.
"""

from __future__ import annotations

from typing import NamedTuple

from .problems import Problems
from .tags import CLOSE, KINDS, TAG, kind_of, shown
from .types import Span, StageName

MAX_TAGS = 4096
"""tags read of one output: enough for ``MAX_BOXES`` boxes with their references"""
MAX_DEPTH = 16
"""parts open at once; the outermost beyond it are taken as never closed"""


class Part:
    """A stage with its place: ``start <open tag> inner .. end <close tag> after``, offsets into the source.

    ``within`` is the part around it, after :func:`scan` only one that is closed; ``bare`` says that no tag stands
    inside it, ``thought`` that it stands inside the thinking.
    """

    end = -1
    after = -1
    closed = False
    bare = True

    def __init__(self, name: StageName, spelled: str, start: int, inner: int, within: Part | None) -> None:
        self.name = name
        self.spelled = spelled
        self.start = start
        self.inner = inner
        self.within = within
        self.thought = within is not None and _in_thought(within)


def _in_thought(within: Part | None) -> bool:
    return within is not None and (within.thought or within.name == "think")


class Mark(NamedTuple):
    """A ``<box>``: what it holds, where that starts, and the part it stands in."""

    label: str
    content: str
    at: int
    closed: bool
    within: Part | None


class Scan(NamedTuple):
    """What the tags of a response say."""

    parts: list[Part]
    marks: list[Mark]
    stray: set[StageName]
    """names of the closing tags that close nothing"""
    thought: int
    """end of the last ``</think>``, -1 without one"""
    prefilled: int
    """end of the last ``</think>`` that had no ``<think>``: what stands before it was thinking too, -1 without one"""
    tagged: int
    """end of the last tag read"""
    complete: bool
    """False when tags beyond ``MAX_TAGS`` were left"""


def scan(source: str, turn: Span, problems: Problems) -> Scan:
    """Find the parts and marks of ``source[turn]``; what closes nothing or breaks off goes to ``problems``."""
    pieces = TAG.split(source[turn[0] : turn[1]], MAX_TAGS)
    count = len(pieces)
    parts: list[Part] = []
    marks: list[Mark] = []
    stack: list[Part] = []
    stray: set[StageName] = set()
    label = ""
    closes = 0
    thought = prefilled = -1
    top = last = None
    at = turn[0] + len(pieces[0])
    i = 1
    while i < count:
        tag = pieces[i]
        content = pieces[i + 1]
        spelled, closing, name = KINDS.get(tag) or kind_of(tag)
        inner = at + len(tag)
        i += 2
        if name is None:
            if top is not None:
                top.bare = False
            if closing:
                problems.add("stray_close", f"</{spelled}> closes nothing", (at, inner))
            else:
                closed = i < count and (pieces[i] == CLOSE[spelled] or kind_of(pieces[i])[:2] == (spelled, True))
                if not closed:
                    problems.add("unclosed_tag", f"<{spelled}> is never closed", (at, inner))
                if spelled == "ref":
                    label = content.strip()
                    if closed and not label:
                        problems.add("empty_tag", "<ref> has no text", (at, inner))
                elif closed or content.strip():
                    marks.append(Mark(label, content, inner, closed, top))
                if closed:
                    inner += len(content) + len(pieces[i])
                    content = pieces[i + 1]
                    i += 2
        else:
            label = ""
            if last is not None:
                last.end = at
                last = None
            if top is not None and (not closing or top.name != name):
                top.bare = False
            if not closing:
                top = last = Part(name, spelled, at, inner, top)
                parts.append(top)
                stack.append(top)
                if len(stack) > MAX_DEPTH:
                    del stack[0]
            elif (top is not None and top.name == name) or any(part.name == name for part in stack):
                part = _close(stack, name, at, inner)
                top = stack[-1] if stack else None
                closes += 1
                if name == "think":
                    thought = inner
                if part.spelled != spelled:
                    problems.add(
                        "mixed_dialects", f"{shown(part.spelled)} is closed by {shown('/' + spelled)}", (at, inner)
                    )
            else:
                problems.add("stray_close", f"{shown('/' + spelled)} closes nothing", (at, inner))
                stray.add(name)
                if name == "think":
                    thought = prefilled = inner
        at = inner + len(content)
    if last is not None:
        last.end = turn[1]
    for part in stack:
        if part.name == "response":
            part.end = turn[1]
    complete = count <= 2 * MAX_TAGS or TAG.search(pieces[-1]) is None
    if not complete:
        problems.add("too_many_tags", f"only the first {MAX_TAGS} tags are read", (turn[1], turn[1]))
    if closes < len(parts):
        parts = _settled(source, parts)
    if prefilled >= 0:
        for part in parts:
            part.thought = part.thought or part.start < prefilled
    return Scan(parts, marks, stray, thought, prefilled, turn[1] - len(pieces[-1]), complete)


def _close(stack: list[Part], name: StageName, at: int, after: int) -> Part:
    """Take the innermost open ``name`` from the stack; what was opened inside it stays unclosed."""
    part = stack.pop()
    while part.name != name:
        if part.name == "response":
            part.end = at
        part = stack.pop()
    part.end = at
    part.after = after
    part.closed = True
    return part


def spoken(parts: list[Part], name: StageName) -> list[Part]:
    """The parts called ``name``: those outside the thinking, and only where there is none, those inside it."""
    named = [part for part in parts if part.name == name]
    return [part for part in named if not part.thought] or named


def _settled(source: str, parts: list[Part]) -> list[Part]:
    """The parts, each ``within`` a closed one or none, without those that are only a forgotten slash."""
    kept: list[Part] = []
    for part in parts:
        around = part.within
        if around is not None:
            if not around.closed:
                # it ended where this one, or an earlier one, began
                part.within = around.within
            part.thought = _in_thought(part.within)
        if not part.closed:
            part.after = part.end
            # "<KNOWLEDGE> .. <KNOWLEDGE><CON>": the second was meant to close the first
            repeats = around is not None and not around.closed and around.name == part.name
            if repeats and not source[part.inner : part.end].strip():
                continue
        kept.append(part)
    return kept
