"""Rad-ReStruct: questions of a structured chest X-ray report, with the report's answers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from ..examples import Contrast
from ..grammar import Case, contrast
from ..grammar.asking import Options, among, is_there, is_wrong, placed, turned, where, with_options
from ..grammar.lexicon import entities, named, tagged
from ..grammar.sketch import Side
from .files import DataError, read_rows

FILE: Final = Path("rad_restruct") / "val_qa.jsonl.gz"
CAP: Final = 60
"""at most this many contrasts a question, so that what is asked of every report does not crowd out the rest"""
SIDED: Final = 0.6
"""the share of questions about what lies on one side that are asked of one side; reports are asked of both together"""
_MEMBER: Final = re.compile(r"(?:Is|Are) there (?:an? )?(?P<what>[a-z, ]+?)(?: in the (?P<scope>[a-z ]+))?\?")
_GROUP: Final = re.compile(
    r"(?:Are there any (?:signs|diseases) in the|Is there anything abnormal in the|Are there any) (?P<scope>[a-z, ]+)\?"
)
_PLACES: Final = ("In which part of the body?", "In which area?")
_ANSWERS: Final = ("yes", "no")


def load(data: Path, seed: int, limit: int | None = None) -> list[Contrast]:
    """Contrasts around the questions that the grammar has words for: yes or no, and where.

    A report denies most of what it is asked for. Whether a trajectory is consistent does not depend on which answer is
    the image's, so the answer that a trajectory argues for is drawn evenly among the options: no question tells it.

    Args:
        data: the data root.
        seed: the only source of chance.
        limit: at most this many, the same ones for the same seed.

    Raises:
        DataError: when the file is missing, or a row is not of the known form.
    """
    path = data / FILE
    rows = list(read_rows(path, dict[str, Any]))
    found = _found(rows)
    Random(f"{seed}/rad_restruct").shuffle(rows)
    cases: list[tuple[Case, str, Random]] = []
    taken: Counter[str] = Counter()
    for row in rows:
        if limit is not None and len(cases) >= limit:
            break
        rng = Random(f"{seed}/rad_restruct/{row['report_id']}/{row['path']}/{len(row['history'])}")
        question = row["question"]
        case = None
        if question in _PLACES:
            case = _where(row, rng)
        elif taken[question] < CAP and set(row["options"]) == set(_ANSWERS):
            case = _yes_or_no(row, found[row["report_id"]], rng)
            taken[question] += case is not None
        if case is not None:
            cases.append((turned(case, rng), row["report_id"], rng))
    peers = among(case for case, _, _ in cases)
    return [contrast(msgspec.structs.replace(c, peers=peers), "rad_restruct", report, rng) for c, report, rng in cases]


def _found(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
    """What each report says is there, as entity ids."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        asked = _MEMBER.fullmatch(row["question"])
        if asked is not None and row["answer"] == ["yes"]:
            found[row["report_id"]].update(named(asked["what"]))
    return defaultdict(frozenset, {report: frozenset(keys) for report, keys in found.items()})


def _yes_or_no(row: Mapping[str, Any], found: frozenset[str], rng: Random) -> Case | None:
    if row["answer"] not in (["yes"], ["no"]):
        raise DataError(f"{FILE}: neither yes nor no: {row['report_id']} {row['path']}")
    answer, question = row["answer"] == ["yes"], row["question"]
    options: Options = rng.choice(("none", "none", "plain", "letters"))
    if group := _GROUP.fullmatch(question):
        scope = group["scope"]
        members = [key for key in tagged(scope) if entities()[key].sort == "finding" and key in tagged("chest")]
        known = sorted(found.intersection(members))
        if not members:
            return None
        case = is_wrong(question, scope, members, answer, "chest", rng, words=_ANSWERS, found=_one(known, rng))
    elif member := _MEMBER.fullmatch(question):
        keys = [key for key in named(member["what"]) if entities()[key].sort == "finding" and key in tagged("chest")]
        key = _one([key for key in keys if key in tagged(member["scope"] or "foreign objects")], rng)
        if key is None:
            return None
        scope = member["scope"]
        side: Side | None = None
        if scope is not None and entities()[key].paired and rng.random() < SIDED:
            side = rng.choice(("left", "right"))
            question = question.replace(f"in the {scope}?", f"in the {side} {scope}?")
        case = is_there(question, key, answer, "chest", rng, words=_ANSWERS, side=side)
    else:
        return None
    return with_options(case, options, rng, _ANSWERS)


def _where(row: Mapping[str, Any], rng: Random) -> Case | None:
    """A question for the place of what the report has just affirmed."""
    asked = next(
        (_MEMBER.fullmatch(question) for question, _ in reversed(row["history"]) if question not in _PLACES), None
    )
    if asked is None:
        return None
    paired = [key for key in named(asked["what"]) if entities()[key].paired and key in tagged("chest")]
    key = _one(paired, rng)
    if key is None:
        return None
    places = placed(key)
    answer = row["answer"][0]
    gold = next((fact for fact, name in places if name == answer), places[rng.randrange(len(places))][0])
    shown = [(fact, name) for fact, name in places if fact != gold]
    question = f"There is {entities()[key].name}. {row['question']}"
    case = where(question, gold, dict(places)[gold], shown, "chest")
    options: Options = rng.choice(("none", "plain", "letters"))
    return with_options(case, options, rng)


def _one(keys: Sequence[str], rng: Random) -> str | None:
    return rng.choice(list(keys)) if keys else None
