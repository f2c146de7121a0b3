"""What is no answer, whatever words it has: nothing, a refusal, words to the judge, a repetition, a flood."""

from __future__ import annotations

import re
from itertools import pairwise

from .text import plain
from .units import Reading

MAX_WORDS = 120
"""an answer may have this many words, and ``WORDS_PER_WORD`` for each of the reference's"""
WORDS_PER_WORD = 6
_CHARS = 12
"""characters of a word, and more: beyond them a text has too many words or is no text"""

_TO_THE_JUDGE = re.compile(
    r"assistant[\s_#\"']*[12]\b|assistants?\s+(?:one|two)\b|\bboth (?:assistants|answers|responses)\b"
    r"|\b(?:ignore|disregard|forget)\b[^.\n]{0,30}\b(?:instruction|previous|above|prompt|rubric|rules)"
    r"|\b(?:give|award|assign|rate|score|grade|mark)\b[^.\n]{0,40}"
    r"\b(?:10|ten|full marks?|(?:highest|perfect|full|maximum|top) (?:score|mark|rating))\b"
    r"|[\"']?(?:score|rating|grade|verdict|reward)[\"']?\s*(?::|=|is)\s*[\"']?(?:\d|ten\b|[ABC]\b)"
    r"|\b(?:as|dear|attention|note to(?: the)?|you are an?) (?:judge|grader|evaluator|reviewer)\b|\bsystem\s*:"
    r"|\b\d+\s*/\s*10\b|\bout of (?:10|ten)\b|<\|[^|\n]{1,40}\|>"
    r"|\bthe (?:reference|gold|correct|given|expected|ground[- ]truth) (?:answer|response)\b[^.\n]{0,20}\b(?:is|are)\s+"
    r"(?:correct|right|identical|the same|equal|equivalent)"
    r"|\b(?:same|identical|equal|equivalent)\s+(?:as|to|with)\s+(?:the\s+)?(?:reference|gold|ground truth)"
    r"|\bthis (?:answer|response) (?:is|should be) (?:correct|right|perfect|accurate|accepted)",
    re.I,
)
_REFUSAL = re.compile(
    r"\bI\s+(?:really\s+)?(?:do\s*n[o']?t|can(?:no|')t|could\s*n[o']?t)\s+(?:actually\s+)?"
    r"(?:know|say|tell|determine|answer|find|provide|identify|assess|"
    r"see(?!\s+(?:any|an?|evidence|signs?)\b)|be sure|confirm)"
    r"|\b(?:can\s*not|can't|cannot|could not|couldn't|unable to|impossible to|not possible to|difficult to)\s+"
    r"(?:be\s+)?(?:determined?|answer(?:ed)?|sa(?:y|id)|tell|told|known?|assess(?:ed)?|provided?|identif(?:y|ied)|judged?)"
    r"|\b(?:could|can|may|might) be (?:anything|any of|one of|almost any|many things|nothing)"
    r"|\bI(?:'?m| am) (?:not (?:sure|certain)|unsure|unable|sorry)|\bno (?:idea|clue|answer|information)\b"
    r"|\b(?:not|in)\s*(?:enough|sufficient) (?:information|data|detail)"
    r"|\bwithout (?:more|further|additional) (?:info|cont)"
    r"|\b(?:any|all|either|none) of the (?:above|options|following)\b|\bn/a\b|\bunknown\b"
    r"|\bno one knows\b|\bit depends\b"
    r"|\bjust kidding\b|\bscratch that\b|\btake (?:it|that) back\b|\bno,? wait\b|\bon second thought"
    r"|\b(?:not|isn't) (?:specified|clear|known|determinable|stated)\b",
    re.I,
)
_ONLY_OPENING = re.compile(
    r"\W*(?:thought process|reasoning|thinking|let(?:'|’)?s (?:solve|think)[^.:\n]*|step \d+|solution|answer"
    r"|final answer|the (?:final )?answer is|sure|okay|ok|yes of course|think)?\W*",
    re.I,
)


_RETRACTS = re.compile(
    r"\b(?:actually|wait|hmm|oh|sorry|correction|but|rather|hold on|nope)[\s,.:;-]*"
    r"(?:actually[\s,]*)?(?:no|nope|yes|not)\b"
    r"(?=[\s,]*(?:[.!;,-]|\n|$|(?:it|that|this)\b))"
    r"|(?<=[\w\"')])[.!]\s+no\W*$|\b(?:i|we) (?:was|were|am|are) (?:wrong|mistaken)\b"
    r"|\b(?:i|we) (?:really )?doubt (?:it|that|this)\b|\b(?:i|we) (?:meant|take back|withdraw)\b"
    r"|\bthe (?:opposite|contrary) is (?:true|right|the case)\b",
    re.I,
)
"""what takes back what stands before: "pneumonia. Actually no." """


_NIL = re.compile(r"\w[\s(:=-]+(?:false|untrue|0\s*%?)\W*$", re.I)


def retracts(candidate: str) -> bool:
    """The candidate takes back what it has said."""
    return any(found.start() > 0 for found in _RETRACTS.finditer(plain(candidate)))


def too_long(candidate: str, reference: Reading) -> str | None:
    """The flaw of a flood, found before all of it is read."""
    limit = MAX_WORDS + WORDS_PER_WORD * reference.words
    if len(candidate) <= limit * _CHARS and candidate.count(" ") <= 2 * limit:
        return None
    return f"the candidate buries its answer in {len(candidate)} characters"


def no_answer(candidate: str, reading: Reading, reference: Reading) -> str | None:
    """Why the candidate is no answer at all, or None."""
    if not reading.words:
        return "the candidate is empty or has no words"
    text = plain(candidate)
    if _TO_THE_JUDGE.search(text):
        return "the candidate speaks to the judge or plants a verdict"
    if retracts(candidate):
        return "the candidate takes back what it has said"
    if _ONLY_OPENING.fullmatch(text):
        return "the candidate only announces an answer"
    if reading.words > MAX_WORDS + WORDS_PER_WORD * reference.words:
        return f"the candidate buries its answer in {reading.words} words"
    if _repeats(reading):
        return "the candidate repeats itself instead of answering"
    if _NIL.search(text) and not any(unit.quantity for unit in reference.units):
        return "the candidate calls it false"
    refusal = _REFUSAL.search(text)
    if refusal and not _REFUSAL.search("; ".join(unit.name for unit in reference.units)):
        return f"the candidate declines to answer: {refusal[0].strip().lower()}"
    return None


def _repeats(reading: Reading) -> bool:
    if reading.words >= 24 and reading.distinct < 0.34 * reading.words:
        return True
    names = [unit.name for unit in reading.units if unit.kind not in ("generic", "side", "number")]
    if len(names) >= 4:
        run = best = 1
        for before, after in pairwise(names):
            run = run + 1 if before == after else 1
            best = max(best, run)
        if best >= 4:
            return True
    return len(names) >= 8 and len(set(names)) <= len(names) / 4
