"""Does a thinking process support its answer? A: it comes to it; B: it says the contrary; C: neither is clear."""

from __future__ import annotations

from .answers import bare, said
from .guards import GUARDS
from .reading import read
from .shape import no_answer
from .similarity import NEAR, matches, recall
from .units import Reading, Unit

_SUPPORTED = 0.6
_CONTRARY = ("polarity", "side", "opposites", "numbers")


def trust(question: str, thinking: str, answer: str) -> tuple[str, str]:
    """Letter and reason."""
    asked, given, thought = read(question), read(answer), read(thinking)
    if no_answer(answer, given, given):
        return "C", "the answer says nothing"
    if not thought.units:
        return "C", "the thinking says nothing"
    end = _end(thought)
    short = bare(answer)
    if short is not None:
        concluded = said(end, asked)
        if concluded is None:
            concluded = said(thought, asked)
        if concluded is None:
            return "C", "the thinking comes to neither yes nor no"
        if concluded != short:
            return "B", "the thinking comes to the contrary"
        return "A", "the thinking comes to the answer"
    for name in _CONTRARY:
        reason = GUARDS[name](given, end, asked)
        if reason:
            return "B", reason.replace("the candidate", "the thinking").replace("the reference", "the answer")
    share = recall(matches(given.units, thought), {})
    found = [match.found for match in matches(given.units, thought) if match.strength >= NEAR and match.found]
    if share < _SUPPORTED:
        return "C", "the thinking does not come to the answer"
    if found and all(unit.hedged for unit in found):
        return "C", "the thinking only supposes the answer"
    if found and all(match.absent != unit.absent for match, unit in zip(found, given.units, strict=False)):
        return "B", "the thinking denies the answer"
    return "A", "the thinking supports the answer"


def _end(thought: Reading, clauses: int = 3) -> Reading:
    """The last clauses, where a thinking process concludes."""
    last = [unit for unit in thought.units if unit.clause > thought.units[-1].clause - clauses]
    return _only(thought, last)


def _only(reading: Reading, units: list[Unit]) -> Reading:
    return reading._replace(units=tuple(units), names=frozenset(unit.name for unit in units))
