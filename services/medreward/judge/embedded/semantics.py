"""Does the candidate mean what the reference means? Shape first, then the guards, then how much of it is there."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, NamedTuple

from medreward.remember import remember
from medreward.rewards.matching import normalize

from .acronyms import without_acronym, written_out
from .answers import bare, is_closed, pronounced, said
from .content import ASKED, FULL, plain_name, shortfall
from .guards import GUARDS
from .lexicon import LEXICON
from .reading import read
from .shape import no_answer, too_long
from .similarity import Match, matches, recall
from .text import plain, tokens
from .units import Reading, Unit

RIGHT = 0.68
"""share of the reference's weight that a right answer has"""
RIGHT_OF_NAMES = 0.34
"""the same, where the vocabulary knows no word of the reference"""
RIGHT_OF_LONG = 0.3
"""the same, of a reference of ``LONG`` weight or more"""
SHORT = 2.4
LONG = 4.0
RIGHT_OF_MAIN = 0.5
"""of the first part of a long reference, before its "with" or "due to": enough without the rest"""
_LONG_UNITS = 4
_SURNAME = 2.0
"""how much more the last word of a person's name tells"""
REFERENCE_SCORE = 9
_EMPTY_REFERENCE_SCORE = 4
_PLAIN_KINDS = frozenset(("number", "generic", "word", "month"))

_NONE = frozenset(("no", "none", "0", "zero", "nil"))
_SHORT_TEXT = 10
_SHORT_ANSWER = 200
_ALIAS = re.compile(
    r"(?<=[^\W\d_])\s*[/|]\s*(?=[^\W\d_])|(?<=[\w).])\s*/\s*(?=[^\W\d_(])|(?<=[^\W\d_)])\s*/\s*(?=[\w(])"
)
_OR = re.compile(r"\s+or\s+", re.I)
_UNIT_SLASH = re.compile(r"\b(?:mg|g|ug|mcg|ml|l|kg|mmol|beats|km|ng|pg|iu|u)/(?:dl|l|ml|kg|min|h|day|s)\b", re.I)
_WHO = re.compile(r"\bwho(?:se|m)?\b", re.I)
_WHERE = re.compile(r"\b(?:where|which side|what side|which|location|located|laterality|side|lobe)\b", re.I)

Because = Literal["equal", "support", "conflict", "hedged", "no answer", "apart", "partial"]


class Judgement(NamedTuple):
    """Two scores from 1 to 10 and the reason for them."""

    reference: int
    candidate: int
    because: Because
    reason: str

    @property
    def right(self) -> bool:
        """Within the paper's border: the scores differ by less than 2."""
        return abs(self.reference - self.candidate) < 2


def judge(question: str, reference: str, candidate: str) -> Judgement:
    """Scores reference and candidate; deterministic, and it raises on no text."""
    known = read(reference)
    if not known.words:
        score = _EMPTY_REFERENCE_SCORE if _equal(candidate, reference) else 1
        return Judgement(_EMPTY_REFERENCE_SCORE, score, "no answer", "the reference has no words")
    if _equal(candidate, reference):
        return Judgement(REFERENCE_SCORE, REFERENCE_SCORE, "equal", "the answers are equal")
    if _zero(reference) and _zero(candidate):
        return _right(9, "both say none")
    asked = read(question)
    if _none_of_it(question, reference, candidate, asked):
        return _right(9, "both say that there is none")
    reference = without_acronym(reference)
    candidate = written_out(candidate, reference)
    flaw = too_long(candidate, known)
    if flaw:
        return _wrong(1, "no answer", flaw)
    answer = read(candidate)
    flaw = no_answer(candidate, answer, known)
    if flaw:
        return _wrong(1, "no answer", flaw)
    closed = _closed(question, reference, candidate, known, answer, asked)
    if closed is not None:
        return closed
    if _echoes(question, candidate, asked, answer):
        return _wrong(2, "no answer", "the candidate only repeats the question")
    # the other aliases are no strange things where the answer lists several of them
    names = aliases(reference)
    topic = asked._replace(others=frozenset().union(*(read(name).names for name in names))) if len(names) > 1 else asked
    if len(names) > 1:
        reason = GUARDS["opposites"](known, answer, asked)
        if reason:
            return _wrong(2, "conflict", reason)
    best: Judgement | None = None
    for alias in names:
        found = _compare(read(alias), answer, topic, alias, question)
        if best is None or found.candidate > best.candidate:
            best = found
        if found.right:
            break
    assert best is not None  # a text has at least itself for alias
    return best


@remember(8192, longest=512)
def aliases(reference: str) -> tuple[str, ...]:
    """The ways a reference gives to say one answer: "glioma / brain tumor", "hit points or health points"."""
    text = _UNIT_SLASH.sub(lambda found: found[0].replace("/", "\0"), reference)
    parts = [part.replace("\0", "/").strip() for part in _ALIAS.split(text)]
    parts = [part for part in parts if read(part).words]
    if len(parts) < 2:
        parts = [reference]
    spread = [half for part in parts for half in (_OR.split(part) if _OR.search(part) else [part]) if read(half).words]
    return tuple(dict.fromkeys(spread)) or (reference,)


def _wrong(score: int, because: Because, reason: str) -> Judgement:
    return Judgement(REFERENCE_SCORE, score, because, reason)


def _right(score: int, reason: str) -> Judgement:
    return Judgement(REFERENCE_SCORE, score, "support", reason)


def _closed(
    question: str, reference: str, candidate: str, known: Reading, answer: Reading, asked: Reading
) -> Judgement | None:
    """The judgement where the reference is a yes or a no, or the answer is one to a closed question."""
    expected = bare(reference)
    if expected is None and (known.says is not None or is_closed(question)):
        expected = known.says if known.says is not None else said(known, asked)
        if expected is None or (answer.says is None and known.says is None):
            return None
    if expected is None:
        return None
    stated = said(answer, asked)
    if stated is None and answer.says is None:
        stated = pronounced(candidate, asked)
    if stated is None:
        if answer.says is not None:
            return _wrong(2, "conflict", "the candidate says yes and no")
        return _wrong(2, "apart", "the candidate says neither yes nor no") if bare(reference) is not None else None
    if stated != expected:
        return _wrong(1, "conflict", f"the candidate says {_word(stated)}, the reference {_word(expected)}")
    if any(unit.hedged for unit in answer.units):
        return _wrong(4, "hedged", "the candidate hedges")
    for guard in ("side", "opposites", "numbers"):
        reason = GUARDS[guard](known, answer, asked)
        if reason:
            return _wrong(2, "conflict", reason)
    return _right(9, f"both say {_word(expected)}")


def _word(said_yes: bool) -> str:
    return "yes" if said_yes else "no"


def _echoes(question: str, candidate: str, asked: Reading, answer: Reading) -> bool:
    """The candidate is the question again, word by word, and adds nothing."""
    if not answer.names <= asked.names:
        return False
    first, second = _words(question), _words(candidate)
    return len(first) >= 4 and second[: len(first)] == first


def _equal(candidate: str, reference: str) -> bool:
    """Equal after normalization; markup is all that an equal answer may be longer by."""
    if candidate == reference:
        return True
    return len(candidate) <= 4 * len(reference) + 400 and normalize(candidate) == normalize(reference)


def _zero(text: str) -> bool:
    return len(text) < _SHORT_TEXT and text.strip(" .!").casefold() in _NONE


def _none_of_it(question: str, reference: str, candidate: str, asked: Reading) -> bool:
    """The reference is "none" or 0, and the candidate denies what was asked and asserts nothing."""
    if not _zero(reference) or is_closed(question) or len(candidate) > _SHORT_ANSWER:
        return False
    stated = [unit for unit in read(candidate).units if unit.kind in ("finding", "state", "imaging", "number")]
    if not stated or any(not unit.absent or unit.hedged for unit in stated):
        return False
    return any(unit.name in asked.names or unit.name == "abnormal" for unit in stated)


def _words(text: str) -> list[str]:
    return [token.text for token in tokens(plain(text)) if token.text[0].isalnum()]


def _compare(known: Reading, answer: Reading, asked: Reading, reference: str, question: str) -> Judgement:
    for name, guard in GUARDS.items():
        reason = guard(known, answer, asked)
        if reason:
            return _wrong(4 if name == "hedging" else 2, "hedged" if name == "hedging" else "conflict", reason)
    found = matches(known.units, answer)
    if _WHERE.search(question) and _lacks_side(known, answer, asked):
        return _wrong(5, "partial", "the candidate lacks the side or place")
    fresh = [unit for unit in known.units if unit.name not in asked.names]
    factors = {unit.name: ASKED for unit in known.units if unit.name in asked.names}
    if not fresh:
        chosen = {unit.name for unit in known.units if _offered(unit, asked)}
        factors = {name: ASKED for name in factors if name not in chosen} if chosen else {}
    if _WHERE.search(question):
        factors.update({unit.name: 1.8 for unit in fresh if unit.kind in ("side", "position")})
    if _WHO.search(question) and len(fresh) > 1 and all(unit.kind == "word" for unit in fresh):
        factors[fresh[-1].name] = _SURNAME
        other = _other_name(known, answer, asked)
        if other:
            return _wrong(4, "conflict", f"the candidate names another one: {other}")
    share = recall(found, factors)
    enough = _enough(found, factors)
    missing = [match.unit.name for match in found if match.strength < 0.5]
    if share < enough and len(known.units) >= _LONG_UNITS:
        main = recall([match for match in found if match.unit.segment == 0], factors)
        share = enough if main >= RIGHT_OF_MAIN else share
    if share >= enough:
        flaw = shortfall(question, reference, known, answer, asked, found)
        if flaw:
            return _wrong(flaw.score, "partial", flaw.reason)
        words = ", ".join(dict.fromkeys(plain_name(match.unit.name) for match in found if match.strength >= 0.5))
        return _right(9 if share >= 0.85 else 8, f"the candidate has the reference's {words}")
    lacking = ", ".join(dict.fromkeys(plain_name(name) for name in missing))
    if share < 0.25:
        return _wrong(1 + round(4 * share), "apart", f"the candidate lacks the reference's {lacking}")
    return _wrong(2 + round(4 * share / enough), "partial", f"the candidate lacks the reference's {lacking}")


def _enough(found: list[Match], factors: dict[str, float]) -> float:
    """What share is enough: of a long reference less than of a short one, whose every word tells."""
    weight = sum(match.unit.weight * min(1.0, factors.get(match.unit.name, 1.0)) for match in found)
    short = (
        RIGHT if any(match.unit.known and match.unit.kind not in _PLAIN_KINDS for match in found) else RIGHT_OF_NAMES
    )
    if weight <= SHORT:
        return short
    return max(RIGHT_OF_LONG, short - (short - RIGHT_OF_LONG) * (weight - SHORT) / (LONG - SHORT))


def _lacks_side(known: Reading, answer: Reading, asked: Reading) -> bool:
    for kind in ("side", "position"):
        wanted = any(unit.kind == kind and not unit.absent and unit.weight > 0.5 for unit in known.units)
        given = any(unit.kind == kind for unit in answer.units)
        chosen = len({unit.name for unit in asked.units if unit.kind == kind}) == 1
        if wanted and not given and not chosen:
            return True
    return False


def _other_name(known: Reading, answer: Reading, asked: Reading) -> str | None:
    """Another given name before the reference's surname: "Pierre Curie" is not "Marie Curie"."""
    surname = known.units[-1]
    given = [unit for unit in known.units[:-1] if unit.weight >= FULL and unit.name not in asked.names]
    if not given or any(unit.name in answer.names for unit in given):
        return None
    for before, unit in pairwise(answer.units):
        if unit.name == surname.name and before.segment == unit.segment and before.weight >= FULL and not before.known:
            strange = before.name not in asked.names and before.name not in known.names
            if strange and all(before.name[0] != name.name[0] for name in given):
                return before.name
    return None


def _offered(unit: Unit, asked: Reading) -> bool:
    """The question offers it beside an alternative: "left or right", "acute or chronic"."""
    if unit.kind == "side":
        return any(other.kind == "side" and other.name != unit.name for other in asked.units)
    mine = set(LEXICON.groups.get(unit.name, ()))
    return any(mine & set(LEXICON.groups.get(name, ())) for name in asked.names if name != unit.name)
