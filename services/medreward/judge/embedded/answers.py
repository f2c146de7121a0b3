"""Yes or no: what an answer to a closed question says, by its first word or by asserting what was asked."""

from __future__ import annotations

from .lexicon import LIGHT
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
_STATED = frozenset(("finding", "state", "quality", "word", "imaging", "size", "anatomy"))
_COVERED = 0.6
_SAID = {"yes": True, "true": True, "no": False, "false": False}


def is_closed(question: str) -> bool:
    """Whether the question asks for yes or no."""
    words = [token.text for token in tokens(plain(question[:400])) if token.text[0].isalnum()]
    return bool(words) and words[0] in _OPENERS and "or" not in words


def bare(text: str) -> bool | None:
    """What a text says that is a yes or a no and nothing else."""
    words = [token.text for token in tokens(plain(text[:40])) if token.text[0].isalnum()]
    return _SAID.get(words[0]) if len(words) == 1 and len(text) < 40 else None


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
    found = [match for match in matches(asked, answer) if match.strength >= NEAR and match.found]
    total = sum(unit.weight for unit in asked)
    if not found or sum(match.unit.weight for match in found) < _COVERED * total:
        things = [match for match in found if match.unit.kind in ("finding", "state", "quality")]
        if answer.says is None and not (
            things and all(match.found and match.found.absent != match.unit.absent for match in things)
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


def _asked(question: Reading) -> list[Unit]:
    return [unit for unit in question.units if unit.kind in _STATED and unit.name not in LIGHT and unit.weight >= 0.25]
