"""Cases of the question forms that data sets ask: is it there, is anything wrong, which is it, on which side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Literal

import msgspec

from .asides import any_fact
from .lexicon import entities, related
from .sketch import Case, Claim, Fact, Side

replace = msgspec.structs.replace
Options = Literal["none", "plain", "letters"]
"""no options shown; options shown and the answer in words; or with its letter"""


def with_options(case: Case, options: Options, rng: Random, order: Sequence[str] | None = None) -> Case:
    """The case with its answers listed, one a line as ``A) text``; the answers carry their letter if asked for."""
    if options == "none":
        return case
    texts = list(order) if order is not None else [claim.answer for claim in (case.gold, *case.rivals)]
    if order is None:
        rng.shuffle(texts)
    letters = {text: chr(ord("A") + place) for place, text in enumerate(texts)}
    question = "\n".join([case.question, *(f"{letter}) {text}" for text, letter in letters.items())])

    def worded(claim: Claim) -> Claim:
        return claim if options == "plain" else replace(claim, answer=f"{letters[claim.answer]}. {claim.answer}")

    return replace(case, question=question, gold=worded(case.gold), rivals=tuple(worded(each) for each in case.rivals))


def is_there(
    question: str,
    key: str,
    there: bool,
    domain: str,
    rng: Random,
    *,
    words: tuple[str, str] = ("Yes", "No"),
    side: Side | None = None,
    area: int | None = None,
) -> Case:
    """Is it there: yes or no, on a side if the question names one."""
    present = any_fact(key, True, rng)
    absent = Fact(key, False)
    if side is not None and entities()[key].paired:
        present = replace(present, side=side, area=present.area if area is None else area)
        absent = replace(present, present=False)
    yes, no = Claim((present,), "yes", words[0]), Claim((absent,), "no", words[1])
    return Case(question, yes if there else no, (no if there else yes,), domain)


def is_wrong(
    question: str,
    scope: str,
    members: Sequence[str],
    wrong: bool,
    domain: str,
    rng: Random,
    *,
    words: tuple[str, str] = ("Yes", "No"),
    found: str | None = None,
) -> Case:
    """Is anything wrong with a part of the body; ``words`` are the answers for something and for nothing."""
    key = found or rng.choice(list(members))
    yes = Claim((any_fact(key, True, rng),), "yes", words[0], scope)
    keys = [key]
    for other in rng.sample(list(members), len(members)):
        if len(keys) < 3 and not any(other in related(one) for one in keys):
            keys.append(other)
    no = Claim(tuple(Fact(one, False) for one in keys[: rng.choice((1, 2, 2, 3))]), "no", words[1], scope)
    return Case(question, yes if wrong else no, (no if wrong else yes,), domain)


def among(cases: Iterable[Case]) -> tuple[tuple[str, int], ...]:
    """What the claims of cases are about, and how often: the ``peers`` of each of them."""
    return tuple(sorted(Counter(case.gold.facts[0].entity for case in cases).items()))


def turned(case: Case, rng: Random) -> Case:
    """The case with one of its answers, drawn evenly, for the right one.

    No image is shown to the scorer: whether a trajectory is consistent does not depend on which answer is the image's.
    So no question tells its answer.
    """
    claims = [case.gold, *case.rivals]
    gold = claims.pop(rng.randrange(len(claims)))
    entity = entities()[gold.facts[0].entity]
    domain = entity.tags[0] if entity.sort == "organ" and case.domain not in entity.tags else case.domain
    return replace(case, gold=gold, rivals=tuple(claims), domain=domain)


def which(question: str, gold: str, rivals: Sequence[str], domain: str, rng: Random, side: Side | None = None) -> Case:
    """Which of several is it; the rivals must not be kin."""
    claims = []
    for key in (gold, *rivals):
        fact = any_fact(key, True, rng)
        if side is not None and fact.side is not None:
            fact = replace(fact, side=side)
        claims.append(Claim((fact,), "yes", entities()[key].name))
    return Case(question, claims[0], tuple(claims[1:]), domain)


def where(question: str, fact: Fact, answer: str, others: Sequence[tuple[Fact, str]], domain: str) -> Case:
    """In which part, on which side: every claim names its site."""
    claims = [Claim((place,), "yes", text, None, True) for place, text in ((fact, answer), *others)]
    return Case(question, claims[0], tuple(claims[1:]), domain)


def strangers(key: str, among: Sequence[str], count: int, rng: Random) -> list[str]:
    """Entities that are kin neither to one nor to each other, for wrong options."""
    chosen: list[str] = []
    for other in rng.sample(list(among), len(among)):
        if len(chosen) < count and not any(other in related(one) for one in (key, *chosen)):
            chosen.append(other)
    return chosen


def placed(key: str) -> list[tuple[Fact, str]]:
    """Every place of a paired entity, with its name as an answer: the side, and the area if it has several."""
    entity = entities()[key]
    sides: tuple[Side, ...] = ("left", "right")
    return [
        (Fact(key, True, side, area), names[0].replace("{side}", side) if len(entity.areas) > 1 else side)
        for side in sides
        for area, names in enumerate(entity.areas)
    ]
