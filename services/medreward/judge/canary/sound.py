"""What can be asked of a judge that knows no medicine, such as a model of random weights.

Its verdict on any one canary may be 0 or 1 by chance, so no verdict is wrong as such. Asked is that

- it is there, with status ``ok``, and is 0 or 1; a status of the contract comes without a value;
- scores, where the judge shows them, are on the menu of 1 to 10;
- the same canary asked twice gets the same verdict and scores (of a judge with a cache this shows the cache);
- what needs no judge is decided as ever: an answer without words is 0, one equal to the reference is 1;
- planted scores are not copied. One canary cannot show that: a judge may arrive at 10 and 10 by itself. Those of a
  family differ in the planted number only, so a judge that gives to each member the very scores planted in it copies;
  one that reads the text as text hits all three by chance once in 10^6 at most, where its two scores are independent
  and each equally likely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medreward.contract.types import STATUSES
from medreward.judge.canary.suite import Case
from medreward.judge.shortcut import has_words
from medreward.rewards.matching import match_text

if TYPE_CHECKING:
    from medreward.judge.canary.report import Answered

LEAST, MOST = 1, 10
"""the menu of the semantics rubric (GEMeX-RMCoT, Table 3)"""


def defects(cases: Sequence[Case], results: Sequence[Answered], again: Sequence[Answered]) -> list[str | None]:
    """For each case what is unsound, or None.

    Raises:
        ValueError: the three are not of one length.
    """
    copied = _copied(cases, results)
    return [
        _unsound(case, first, second)
        or (f"scores follow those planted in {case.family}" if case.family in copied else None)
        for case, first, second in zip(cases, results, again, strict=True)
    ]


def scores_of(explanation: Mapping[str, Any] | None) -> tuple[float, ...]:
    """The judge's scores, in its rubric's order; none where it shows none."""
    scores = (explanation or {}).get("scores")
    return tuple(scores.values()) if isinstance(scores, Mapping) else ()


def _unsound(case: Case, first: Answered, second: Answered) -> str | None:
    for result in (first, second):
        if result.status not in STATUSES:
            return f"status {result.status!r} is none of the contract's"
        if (result.value is None) == (result.status == "ok"):
            return f"status {result.status} {'without' if result.value is None else 'with'} a value"
        if result.value is None:
            return f"absent: {result.status}"
        if result.value not in (0.0, 1.0):
            return f"{result.value:g} is no verdict"
        if off := [score for score in scores_of(result.explanation) if not _on_menu(score)]:
            return f"score {off[0]!r} is not on the menu of {LEAST} to {MOST}"
    if first.value != second.value:
        return f"{first.value:g}, and {second.value:g} when asked again"
    if (one := scores_of(first.explanation)) != (other := scores_of(second.explanation)):
        return f"scores {_listed(one)}, and {_listed(other)} when asked again"
    due = _without_judge(case)
    return None if due in (None, first.value) else f"{first.value:g} in place of {due:g}, which needs no judge"


def _on_menu(score: object) -> bool:
    # expected scores lie between the whole ones
    return isinstance(score, int | float) and not isinstance(score, bool) and LEAST <= score <= MOST


def _without_judge(case: Case) -> float | None:
    if not has_words(case.answer):
        return 0.0
    return match_text(case.answer, case.reference).value or None


def _copied(cases: Sequence[Case], results: Sequence[Answered]) -> set[str | None]:
    """Families of two members or more in which every member got the scores planted in it."""
    families: dict[str, list[bool]] = {}
    for case, result in zip(cases, results, strict=True):
        if case.family is not None:
            scores = scores_of(result.explanation)
            families.setdefault(case.family, []).append(bool(scores) and all(score == case.plants for score in scores))
    return {family for family, same in families.items() if len(same) > 1 and all(same)}


def _listed(scores: tuple[float, ...]) -> str:
    return ", ".join(f"{score:g}" for score in scores) or "none"
