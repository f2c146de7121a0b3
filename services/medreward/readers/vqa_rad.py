"""VQA-RAD: clinicians' questions on radiology images with their answers. One JSON array a file."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from medreward.contract.types import Reference, Rollout
from medreward.readers import respond
from medreward.readers.source import Source
from medreward.readers.types import Options, Skipped


class _Row(msgspec.Struct):
    qid: int
    question: str
    answer: str | int


def read(source: Source, options: Options) -> Iterator[Rollout | Skipped]:
    """A rollout a question: closed-ended when its answer is yes or no, else open-ended.

    The data's own ``CLOSED`` also marks questions that name their options in words ("left or right?").
    """
    for row in source.whole(list[_Row]):
        answer = str(row.answer).strip()
        closed = answer.lower() in ("yes", "no")
        identity = f"{source.stem}/{row.qid}"
        if not answer:
            yield source.skip(f"qid {row.qid}", "the gold answer is empty")
            continue
        write = respond.closed if closed else respond.open_ended
        yield Rollout(
            id=identity,
            group_id=identity,
            question=row.question,
            question_type="closed_ended" if closed else "open_ended",
            response=write(answer, options.respond),
            reference=Reference(answer),
        )
