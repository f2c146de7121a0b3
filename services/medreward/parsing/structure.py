"""The parts in their relation: which dialect they speak, and whether each stands where it may, once."""

from __future__ import annotations

from typing import Final

from .blank import is_blank
from .parts import Part, Scan
from .problems import Problems
from .tags import shown
from .types import Dialect, Stage, StageName

LVKC: Final[frozenset[StageName]] = frozenset({"localization", "visual", "knowledge", "conclusion"})
"""the four stages that only MEDSAGE has"""

ORDER: Final[dict[StageName, int]] = {
    "think": 0,
    "localization": 1,
    "visual": 2,
    "knowledge": 3,
    "conclusion": 4,
    "response": 5,
    "answer": 6,
    "location": 7,
}
"""both papers' orders in one: LOC, VISUAL, KNOWLEDGE, CON, ANSWER; and think, response, answer, location"""

_HELD: Final[frozenset[StageName]] = frozenset({"answer", "location"})
"""what may stand inside another part, and then only inside ``<response>``"""


def dialect_of(scan: Scan, problems: Problems) -> Dialect:
    """The dialect of the tags; tags of both papers are a problem, and then LVKC rules."""
    names = {part.name for part in scan.parts} | scan.stray
    if not names & LVKC:
        return "gemex" if names else "plain"
    for part in scan.parts:
        if part.name in ("think", "response", "location"):
            problems.add("mixed_dialects", f"{shown(part.spelled)} stands among LVKC tags", (part.start, part.inner))
            return "lvkc"
    if scan.marks:
        at = scan.marks[0].at
        problems.add("mixed_dialects", "<box> stands among LVKC tags", (at, at))
    return "lvkc"


def stages_of(source: str, parts: list[Part], problems: Problems) -> tuple[Stage, ...]:
    """The parts as stages, in order of appearance; what is wrong with their places goes to ``problems``."""
    stages: list[Stage] = []
    seen: set[StageName] = set()
    rank = -1
    for part in parts:
        name = part.name
        text = source[part.inner : part.end].strip()
        stages.append(Stage(name, text, (part.inner, part.end)))
        if not part.closed:
            problems.add("unclosed_tag", f"{shown(part.spelled)} is never closed", (part.start, part.inner))
        elif not "!" <= text < "\x7f" and is_blank(text):  # its first question, without the call
            problems.add("empty_tag", f"{shown(part.spelled)} has no text", (part.start, part.after))
        around = part.within
        if around is not None and not (around.name == "response" and name in _HELD):
            message = f"{shown(part.spelled)} stands inside {shown(around.spelled)}"
            problems.add("nested_tag", message, (part.start, part.inner))
        if name in seen:
            problems.add("repeated_tag", f"{shown(part.spelled)} stands more than once", (part.start, part.inner))
            continue
        seen.add(name)
        if ORDER[name] < rank:
            message = f"{shown(part.spelled)} stands after a part that should follow it"
            problems.add("misordered_tag", message, (part.start, part.inner))
        else:
            rank = ORDER[name]
    return tuple(stages)
