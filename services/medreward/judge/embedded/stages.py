"""The stages of a structured answer, 1 to 5 each, by what the reference and the report say and by plain signs.

A stage that is missing or says nothing has 1, one that contradicts 2, one that stands by itself 3, one that reference
or report bears out 4, and one that says most of it 5. Knowledge can only be checked for being there and not
contradicting: it never has more than 4.
"""

from __future__ import annotations

from collections.abc import Mapping

from .guards import GUARDS
from .reading import read
from .semantics import judge
from .shape import no_answer
from .similarity import matches, recall
from .units import Reading

_CONTRARY = ("polarity", "side", "opposites", "numbers")
_PLACES = frozenset(("anatomy", "side", "position"))
_MISSING, _CONTRADICTED, _UNCHECKED, _BORNE_OUT, _FULL = 1, 2, 3, 4, 5
_SOME, _MOST = 0.2, 0.6


def stages(fields: Mapping[str, str]) -> tuple[dict[str, int], str]:
    """Scores by stage, and the reason."""
    question, reference = fields.get("question", ""), fields.get("reference", "")
    known = read(f"{reference}. {fields.get('context', '')}")
    scores: dict[str, int] = {}
    notes = []
    for name in ("localization", "visual_analysis", "knowledge"):
        scores[name], note = _stage(name, fields.get(name, ""), read(reference), known, read(question))
        notes.append(f"{name} {note}")
    scores["reasoning"], note = _reasoning(question, reference, fields.get("conclusion", ""), min(scores.values()))
    notes.append(f"reasoning {note}")
    return scores, "; ".join(notes)


def _stage(name: str, text: str, reference: Reading, known: Reading, asked: Reading) -> tuple[int, str]:
    said = read(text)
    if not said.units or no_answer(text, said, known):
        return _MISSING, "is missing"
    for guard in _CONTRARY:
        if GUARDS[guard](reference, said, asked):
            return _CONTRADICTED, f"contradicts the reference in {guard}"
    wanted = known.units + asked.units
    if name == "localization":
        wanted = tuple(unit for unit in wanted if unit.kind in _PLACES) or wanted
        if not any(unit.kind in _PLACES for unit in said.units):
            return _CONTRADICTED, "names no place"
    share = recall(matches(wanted, said), {})
    if share < _SOME:
        return _UNCHECKED, "could not be checked"
    if name == "knowledge" or share < _MOST:
        return _BORNE_OUT, "is borne out"
    return _FULL, "says most of what is known"


def _reasoning(question: str, reference: str, conclusion: str, weakest: int) -> tuple[int, str]:
    said = read(conclusion)
    if not said.words:
        return _MISSING, "is missing"
    found = judge(question, reference, conclusion)
    if found.right:
        return (_FULL, "comes to the reference") if weakest > _CONTRADICTED else (_UNCHECKED, "leans on a weak stage")
    return (
        (_UNCHECKED, "comes near the reference")
        if found.because == "partial"
        else (_MISSING + 1, "comes to another end")
    )
