"""Rad-ReStruct: structured reporting of chest X-rays as questions with options, each after those that led to it."""

from __future__ import annotations

import string
from collections.abc import Iterator

import msgspec

from medreward.contract.types import Reference, Rollout
from medreward.readers import respond
from medreward.readers.source import Source
from medreward.readers.types import Options, Skipped

_TYPES = {"single_choice": "single_choice", "multi_choice": "multi_choice"}


class _Row(msgspec.Struct):
    question: str
    answer: list[str]
    answer_type: str
    options: list[str]
    history: list[tuple[str, list[str]]] = []


def read(source: Source, options: Options) -> Iterator[Rollout | Skipped]:
    """A rollout a row, its options lettered in their order; ``fixed_choice``, which leaves no choice, is skipped."""
    for number, row in source.rows(_Row):
        identity = f"{source.stem}/{number}"
        question_type = _TYPES.get(row.answer_type)
        letters = dict(zip(row.options, string.ascii_uppercase, strict=False))
        if question_type is None:
            yield source.skip(number, f"{row.answer_type} leaves nothing to choose")
            continue
        if len(letters) < len(row.options):
            yield source.skip(number, "options that repeat, or are more than the alphabet has letters")
            continue
        if not row.answer or not set(row.answer) <= set(row.options):
            yield source.skip(number, "the gold answer is not among the options")
            continue
        gold = sorted(letters[answer] for answer in row.answer)
        choices = {letter: text for text, letter in letters.items()}
        response = respond.choice(gold, choices, question_type == "multi_choice", options.respond, identity)
        if response is None:
            yield source.skip(number, "there is no other option")
            continue
        yield Rollout(
            id=identity,
            group_id=identity,
            # "In which part of the body?" means nothing without what was asked before
            question=" ".join([f"{asked} {', '.join(said)}." for asked, said in row.history] + [row.question]),
            question_type=question_type,
            choices=choices,
            response=response,
            reference=Reference(", ".join(gold)),
        )
