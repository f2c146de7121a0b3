"""Is it correct? A: it says what the reference says; B: it says something else; C: it hedges or has only a part."""

from __future__ import annotations

import re

from .semantics import Judgement, judge

_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)|\b(?:final answer|answer|conclusion)\s*(?:is\b|:)", re.I | re.S)
_SHORT = 400
"""characters of a candidate that is read whole: it has no thinking to skip"""


def review(question: str, reference: str, candidate: str) -> tuple[str, str]:
    """Letter and reason."""
    found = judge(question, reference, conclusion(candidate))
    return _letter(found), found.reason


def _letter(found: Judgement) -> str:
    if found.right:
        return "A"
    if found.because in ("hedged", "partial") or found.reason.startswith("the candidate declines"):
        return "C"
    return "B"


def conclusion(text: str) -> str:
    """The part of a text that concludes: what stands in or behind its last answer mark, else its last paragraph."""
    marks = list(_ANSWER.finditer(text))
    if marks:
        last = marks[-1]
        said = last[1] if last[1] is not None else text[last.end() :]
        if said.strip():
            return said.strip()
    if len(text) <= _SHORT:
        return text
    paragraphs = [part.strip() for part in text.split("\n") if part.strip()]
    return paragraphs[-1] if paragraphs else text
