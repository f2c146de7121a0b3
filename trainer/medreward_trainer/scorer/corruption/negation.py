"""The opposite said in one place: present for absent, for and against, normal and abnormal.

Were "consistent with" turned into "inconsistent with" wherever it stands, the rare form alone would give the corruption
away. So a place is open to be turned with the chance ``min(1, n(opposite) / n(form))``, with ``n`` how often a form
stands in sound text (:class:`FormCounts`): of each pair as many places then are open one way as the other, and a form
comes into corrupted texts about as often as it goes out of them.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption.parts import Parts, words

REACH = 6
"""words after a form that it speaks of"""

_CLAUSE_END = re.compile(r"[,;:.](?=\s|$)|\b(?:but|although|though|while|which)\b")
_DENIAL = re.compile(
    r"\b(?:no|not|none|nor|neither|never|without|absen\w+|den(?:y|ies|ied)|lack\w*)\b|n't\b", re.IGNORECASE
)

FormCounts = Mapping[str, int]
"""how often each form stands in sound text, where it could be turned"""


class _Place(NamedTuple):
    part: int
    start: int
    end: int
    form: str


def count_forms(texts: Iterable[str]) -> Counter[str]:
    """How often each form of an opposite stands in ``texts``."""
    return Counter(place.form for text in texts for place in _places(0, text) if not _denied(text, place))


def negation_flip(
    parts: Parts, counts: FormCounts, rng: random.Random, among: Collection[int] | None = None
) -> ScorerAsk | None:
    """One form becomes its opposite, where what it speaks of is named elsewhere too; the other places stay as they are.

    Only in the parts of ``among`` if that is given. Forms that do not stand in the counted texts are left alone.
    """
    places = [
        place
        for index, text in enumerate(parts.texts)
        if among is None or index in among
        for place in _places(index, text)
        if rng.random() * counts.get(place.form, 0) < counts.get(_opposites()[place.form], 0)
        if _named(parts, place) and not _denied(text, place)
    ]
    if not places:
        return None
    place = rng.choice(places)
    return parts.exchanged(place.part, _flipped(parts.texts[place.part], place))


def _named(parts: Parts, place: _Place) -> bool:
    after = " ".join(parts.texts[place.part][place.end :].split()[:REACH])
    before = " ".join(parts.texts[place.part][: place.start].split()[-REACH:])
    return bool(words(f"{before} {after}") & words(parts.elsewhere(place.part)))


def _denied(text: str, place: _Place) -> bool:
    """Whether the clause around the form is denied already: turned, it would be denied twice or say the same."""
    before, after = _CLAUSE_END.split(text[: place.start])[-1], _CLAUSE_END.split(text[place.end :])[0]
    return bool(_DENIAL.search(f"{before} {after}"))


def _flipped(text: str, place: _Place) -> str:
    other = _opposites()[place.form]
    before, own = text[: place.start], text[place.start : place.end]
    if other in ("there is a", "there was a"):
        other += _n(text[place.end :].lstrip())
    elif place.form in ("there is a", "there was a"):
        # the form may have matched "there is an"
        own = own.removesuffix("n")
    elif article := re.search(r"\b([Aa])n? $", before):
        before = before[: article.start()] + article[1] + _n(other) + " "
    return before + (other[0].upper() + other[1:] if own[0].isupper() else other) + text[place.end :]


def _n(following: str) -> str:
    return "n" if re.match(r"(?!eu|one|uni|use)[aeiou]", following, re.IGNORECASE) else ""


def _places(part: int, text: str) -> list[_Place]:
    opposites = _opposites()
    places = []
    for match in _forms().finditer(text):
        form = " ".join(match.group().lower().split())
        form = {"there is an": "there is a", "there was an": "there was a"}.get(form, form)
        if form in opposites:
            places.append(_Place(part, match.start(), match.end(), form))
    return places


@cache
def _lines() -> tuple[tuple[str, ...], ...]:
    text = (resources.files(__package__) / "opposites.txt").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(tuple(form.strip() for form in line.split("|")) for line in lines if line and not line.startswith("#"))


@cache
def _opposites() -> Mapping[str, str]:
    """Each form's opposite; a form with two lines has the first one's."""
    found: dict[str, str] = {}
    alone = {line[0] for line in _lines() if len(line) == 1}
    for one, other in (line for line in _lines() if len(line) == 2):
        if one not in alone:
            found.setdefault(one, other)
        if other not in alone:
            found.setdefault(other, one)
    return found


@cache
def _forms() -> re.Pattern[str]:
    forms = {form for line in _lines() for form in line} | {"there is an", "there was an"}
    longest = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(r"\b(?:" + "|".join(re.escape(form) for form in longest) + r")\b", re.IGNORECASE)
