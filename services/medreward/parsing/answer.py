"""The answer: the text to be matched against the reference, or None with the reason.

Several answers are one only when they say the same. An answer that breaks off is none: a truncated "no" may have
become "no change". Both rules keep a policy from hedging. Those inside the thinking are thoughts, where another is not.
"""

from __future__ import annotations

from itertools import islice

from .blank import is_blank
from .parts import Part, Scan
from .problems import Problems
from .tags import TAG
from .types import Dialect, Span


def answer_of(source: str, turn: Span, scan: Scan, dialect: Dialect, problems: Problems) -> str | None:
    """The answer of ``source[turn]``, stripped of white space, ``**`` and code fences; None when there is none."""
    if not scan.complete:
        return None
    answers = [i for i, part in enumerate(scan.parts) if part.name == "answer"]
    if len(answers) > 1:
        answers = [i for i in answers if not scan.parts[i].thought] or answers
    if len(answers) == 1 and scan.parts[answers[0]].bare:
        only = scan.parts[answers[0]]
        return (_without_markup(source[only.inner : only.end]) or None) if only.closed else None
    if answers:
        return _agreed(source, answers, scan.parts, problems)
    start = turn[0] if dialect == "plain" else scan.thought
    if dialect != "lvkc" and start >= 0:
        tagged = scan.tagged > start
        text = _outside(source, start, turn[1], scan.parts, 0) if tagged else source[start : turn[1]]
        text = text.strip() if dialect == "plain" else _without_markup(text)
        if not is_blank(text):
            if dialect != "plain":
                problems.add("untagged_answer", "the answer stands after </think> without its tag", (start, turn[1]))
            return text
    if not is_blank(source[turn[0] : turn[1]]):
        problems.add("missing_answer", "there is no <answer>", turn)
    else:
        problems.add("empty_response", "there is no text to score", turn)
    return None


def _agreed(source: str, answers: list[int], parts: list[Part], problems: Problems) -> str | None:
    texts: dict[str, str] = {}
    covered = 0
    for i in answers:
        part = parts[i]
        if not part.closed:
            if len(answers) > 1 and part.within is not None and part.within.name == "think":
                # thinking aloud about the tag: "I must reply in <answer>"
                continue
            return None
        if part.bare:
            text = source[part.inner : part.end]
        elif part.start >= covered:
            text = _outside(source, part.inner, part.end, parts, i + 1)
            covered = part.after
        else:
            # an answer around an answer, already read with the one around it
            continue
        text = _without_markup(text)
        texts.setdefault(" ".join(text.casefold().split()), text)
    if len(texts) > 1:
        span = (parts[answers[0]].start, max(part.after for part in (parts[answers[0]], parts[answers[-1]])))
        problems.add("conflicting_answers", f"{len(texts)} answers that differ", span)
        return None
    return next(iter(texts.values()), None) or None


def _outside(source: str, start: int, end: int, parts: list[Part], first: int) -> str:
    """``source[start:end]`` without its tags and without what parts other than answers, from ``first`` on, hold."""
    pieces: list[str] = []
    at = start
    for part in islice(parts, first, None):
        if part.start >= end:
            break
        if part.name != "answer" and at <= part.start:
            pieces.append(source[at : part.start])
            at = min(part.after, end)
    pieces.append(source[at:end])
    words = TAG.split(" ".join(pieces))
    # a box is not text; what <ref> names is
    kept = [text for text, tag in zip(words[::2], ["", *words[1::2]], strict=True) if tag[:4].lower() != "<box"]
    return " ".join(" ".join(kept).split()) if len(kept) + len(pieces) > 2 else kept[0]


def _without_markup(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and len(text) >= 6:
        head, line, rest = text[3:-3].partition("\n")
        text = (rest if line and " " not in head.strip() else text[3:-3]).strip()
    if text.startswith("**") and text.endswith("**") and len(text) > 4 and "**" not in text[2:-2]:
        text = text[2:-2].strip()
    return "" if is_blank(text) else text
