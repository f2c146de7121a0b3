"""Model prose without Markdown."""

from __future__ import annotations

import re

_STEP = re.compile(r"^\s*(?:<step\s*\d+>|\*{0,2}step\s*\d+\s*[:.]\*{0,2}|\d+\.(?=\s))\s*", re.IGNORECASE | re.MULTILINE)
_MARKS = re.compile(r"^```\w*|```|\*\*|__|^\s*#+\s*|^\s*[-*•]\s+", re.MULTILINE)


def plain(text: str) -> str:
    """One line without emphasis, headings, bullets, code fences and step numbers."""
    return " ".join(_MARKS.sub("", _STEP.sub("", text)).split()).strip("_* ")


def steps(text: str) -> list[str]:
    """The numbered steps, or else the paragraphs, each one plain line; those without a word are left out."""
    pieces = _STEP.split(text) if _STEP.search(text) else text.split("\n\n")
    return [line for line in map(plain, pieces) if re.search(r"[a-z]{3}", line)]
