"""Yes or no: what an answer to a closed question says, by its first word or by asserting what was asked."""

from __future__ import annotations

import re

from .lexicon import LEXICON, LIGHT
from .similarity import NEAR, matches
from .text import plain, tokens
from .units import Reading, Unit

_OPENERS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "has",
        "have",
        "had",
        "will",
        "would",
        "should",
        "isn't",
        "aren't",
        "doesn't",
        "didn't",
        "hasn't",
    ]
)
_PRESENT = (
    r"(?:present|seen|visible|visuali[sz]ed|identified|there|evident|noted|detected|observed|shown|found|apparent|so)"
)
_SUBJECT = (
    r"(?:(?:it|this|that|they|these|the answer|such)\s+)?(?:(?:is|are|was|were|can be)\s+)?(?:also\s+|clearly\s+)?"
)
_DENIES = re.compile(
    rf"{_SUBJECT}not\s+{_PRESENT}(?:\s+(?:here|in|on|at)\b.*)?|(?:it|this|that|they)\s+(?:is|are|was|were)\s+not"
    rf"|(?:it|this|that|they)\s+(?:isn't|aren't|wasn't)(?:\s+{_PRESENT})?"
    rf"|{_SUBJECT}(?:absent|negative)|(?:there (?:is|are) )?none(?:\s+(?:is|are)\s+{_PRESENT})?"
    r"|(?:there is )?no (?:evidence|sign|signs|indication) of "
    r"(?:disease|it|this|that|such\b.*"
    r"|an? abnormality|abnormality)"
    r"|(?:there (?:is|are) )?no such \w+|there (?:isn't|aren't|is not|are not) any"
)
_AFFIRMS = re.compile(
    rf"{_SUBJECT}{_PRESENT}(?:\s+(?:here|in|on|at)\b.*)?|{_SUBJECT}positive|(?:it|this|they) (?:is|are|does|do)"
)
_STATED = frozenset(("finding", "state", "quality", "word", "imaging", "size", "anatomy"))
_COVERED = 0.6
_PRONOUNCED = 80
_HEALTHY = frozenset(("abnormal", "stabl", "safe", "stable"))
_SAID = {"yes": True, "true": True, "affirmative": True, "no": False, "false": False}


def is_closed(question: str) -> bool:
    """Whether the question asks for yes or no."""
    words = [token.text for token in tokens(plain(question[:400])) if token.text[0].isalnum()]
    return bool(words) and words[0] in _OPENERS and "or" not in words


def bare(text: str) -> bool | None:
    """What a text says that is a yes or a no and nothing else."""
    words = [token.text for token in tokens(plain(text[:40])) if token.text[0].isalnum()]
    return _SAID.get(words[0]) if len(words) == 1 and len(text) < 40 else None


def pronounced(text: str, question: Reading) -> bool | None:
    """What a text says of the question's matter by a pronoun or by none: "It is not present", "absent", "positive"."""
    if len(text) > _PRONOUNCED or any(unit.absent for unit in question.units) or _HEALTHY & question.names:
        return None
    short = " ".join(token.text for token in tokens(plain(text)) if token.text[0].isalnum())
    if len(short.split()) == 1 and short in _SAID:
        return _SAID[short]
    if _DENIES.fullmatch(short):
        return False
    return True if _AFFIRMS.fullmatch(short) else None


def said(answer: Reading, question: Reading) -> bool | None:
    """True for yes, False for no, None where it says neither or both."""
    implied = _implied(answer, question)
    if answer.says is None:
        return implied
    return answer.says if implied is None or implied == answer.says else None


def _implied(answer: Reading, question: Reading) -> bool | None:
    """The answer asserts, or denies, what the question asks about."""
    asked = _asked(question)
    if not asked:
        return None
    if not any(unit.name == "abnormal" for unit in asked) and _all_normal(answer, asked):
        return False
    if any(unit.name == "abnormal" and unit.absent for unit in asked) and _all_found(answer):
        return False
    if all(unit.name == "abnormal" and not unit.absent for unit in asked) and _all_found(answer):
        return True
    found = [match for match in matches(asked, answer) if match.strength >= NEAR and match.found]
    if _another(asked, answer):
        return False
    total = sum(unit.weight for unit in asked)
    if not found or sum(match.unit.weight for match in found) < _COVERED * total:
        things = [match for match in found if match.unit.kind in ("finding", "state", "quality", "side")]
        if answer.says is None and not (
            things
            and (
                answer.names <= question.names
                or all(match.found and match.found.absent != match.unit.absent for match in things)
            )
        ):
            return None
        found = things
    stated = [match for match in found if match.unit.kind in ("finding", "state", "quality", "imaging")] or [
        match for match in found if match.unit.kind in _STATED
    ]
    contrary = {
        unit.absent != match.unit.absent
        for match in stated
        if match.found
        for unit in answer.units
        if unit.name == match.found.name
    }
    if any(unit.hedged for match in stated if match.found for unit in answer.units if unit.name == match.found.name):
        return None
    return not contrary.pop() if len(contrary) == 1 else None


def _all_normal(answer: Reading, asked: list[Unit]) -> bool:
    """ "Is the heart enlarged?" "The heart is normal.": that says no."""
    finds = [unit for unit in asked if unit.kind in ("finding", "state") and not unit.absent]
    normal = any(unit.name == "abnormal" and unit.absent for unit in answer.units)
    other = any(unit.kind in ("finding", "state") and not unit.absent for unit in answer.units)
    return bool(finds) and normal and not other


def _all_found(answer: Reading) -> bool:
    """ "Are the lungs normal?" "There is an opacity.": that says no."""
    return any(unit.kind == "finding" and not unit.absent and not unit.hedged for unit in answer.units)


def _another(asked: list[Unit], answer: Reading) -> bool:
    """ "Is this an MRI?" "This is a CT.": another one of its kind says no."""
    wanted = [unit for unit in asked if unit.kind == "imaging" or unit.name == "midline"]
    if not wanted or any(unit.name in answer.names for unit in wanted):
        return False
    groups = {group for unit in wanted for group in LEXICON.groups.get(unit.name, ())}
    return any(
        groups & set(LEXICON.groups.get(unit.name, ()))
        for unit in answer.units
        if unit.kind in ("imaging", "finding", "state") and not unit.absent and not unit.hedged
    )


def _asked(question: Reading) -> list[Unit]:
    return [
        unit
        for unit in question.units
        if (unit.kind in _STATED or unit.name == "midline") and unit.name not in LIGHT and unit.weight >= 0.25
    ]
