"""ChestX-Reasoner's evaluation files: raw outputs of several models on the RSNA and SIIM questions with options.

The options stand in the question (``Options:\\nA) Yes\\nB) No``); the gold answer is a letter, in some files as
``<answer> A </answer>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from medreward.contract.types import Reference, Rollout
from medreward.readers.source import Source
from medreward.readers.types import Options, Skipped

_OPTION = re.compile(r"^([A-Z])\) (.+)$", re.MULTILINE)
_GOLD = re.compile(r"(?:<answer>)?\s*([A-Z])\s*(?:</answer>)?")


class _Row(msgspec.Struct):
    question: str
    answer: str
    pred: str
    item_id: str | None = None


def read(source: Source, options: Options) -> Iterator[Rollout | Skipped]:
    """A rollout a row; a question without options, or a gold answer that is none of them, is skipped."""
    for number, row in source.rows(_Row):
        question, _, listed = row.question.partition("Options:")
        choices = {letter: text.strip() for letter, text in _OPTION.findall(listed)}
        gold = _GOLD.fullmatch(row.answer.strip())
        if not choices:
            yield source.skip(number, "the question has no options")
        elif gold is None or gold[1] not in choices:
            yield source.skip(number, "the gold answer is not among the options")
        else:
            yield Rollout(
                id=f"{source.stem}/{number}",
                # some files do not say which image a row is about
                group_id=row.item_id or f"{source.stem}/{number}",
                question=question.strip(),
                question_type="single_choice",
                choices=choices,
                response=row.pred,
                reference=Reference(gold[1]),
            )
