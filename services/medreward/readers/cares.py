"""CARES, factuality on IU-Xray: yes/no questions on chest X-rays, answered by a model that read the report."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from medreward.contract.types import Reference, Rollout
from medreward.readers import respond
from medreward.readers.source import Source
from medreward.readers.types import Options, Skipped

_PROMPT = re.compile(r"\s*Please choose from the following two options:.*", re.DOTALL)
# "No, as it is not mentioned." is a no; "No information is provided." is none
_GOLD = re.compile(r"\W*(yes|no)\s*(?:$|[.,;:(])", re.IGNORECASE)


class _Row(msgspec.Struct):
    question: str
    answer: str


def read(source: Source, options: Options) -> Iterator[Rollout | Skipped]:
    """A rollout a row; an answer that is neither yes nor no is skipped."""
    for number, row in source.rows(_Row):
        gold = _GOLD.match(row.answer)
        if gold is None:
            yield source.skip(number, "the gold answer is neither yes nor no")
            continue
        identity = f"{source.stem}/{number}"
        answer = gold[1].capitalize()
        yield Rollout(
            id=identity,
            group_id=identity,
            question=_PROMPT.sub("", row.question),
            question_type="closed_ended",
            response=respond.closed(answer, options.respond),
            reference=Reference(answer),
        )
