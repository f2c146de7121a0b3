"""OpenI: chest X-ray reasoning of two models, answers judged (``chestx_openi`` of the data folder): evaluation only.

The reports beneath it are under CC BY-NC-ND, so no shipped weights are trained on it: ``dataset.py`` puts all of it
into ``test``. Groups are report numbers of the Indiana collection; Rad-ReStruct numbers its reports alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.examples import Contrast, Example
from medreward_trainer.scorer.sources.files import DataError, read_rows
from medreward_trainer.scorer.sources.outputs import asked, read_output

SOURCE: Final = "openi"
FOLDER: Final = "chestx_openi"
WRITERS: Final = ("gpt4o", "ours_process_final_150")
SETS: Final = ("single", "multi")

_REPORT = re.compile(r"\[(\d+)\]OpenI$")


class _Row(msgspec.Struct):
    question: str
    pred: str
    correct: str
    item_id: str | None = None


class Judged(NamedTuple):
    """The judged outputs."""

    by_writer: Mapping[str, list[tuple[str, Example]]]
    """of each model its outputs, each with its group"""
    empty: int
    """outputs without text, left out: there is nothing to score, though two of them are judged right"""


def load(data: Path, seed: int, limit: int | None = None) -> list[Contrast]:
    """A contrast a question: what was judged right and what was judged wrong; one side may be empty.

    ``seed`` changes nothing; ``limit`` takes the first.

    Raises:
        DataError: a file is missing or broken.
    """
    questions: dict[tuple[str, str], list[Example]] = {}
    for outputs in labelled(data).by_writer.values():
        for group, example in outputs:
            questions.setdefault((group, example.ask.question), []).append(example)
    contrasts = [
        Contrast(SOURCE, group, tuple(one for one in own if one.sound), tuple(one for one in own if not one.sound))
        for (group, _), own in sorted(questions.items())
    ]
    return contrasts[:limit]


def labelled(data: Path) -> Judged:
    """The judged outputs by model: within one model style tells nothing.

    Raises:
        DataError: a file is missing or broken.
    """
    rows = [(writer, row) for writer in WRITERS for row in _rows(data, writer)]
    # one model's rows name the report, the other's only ask the same questions
    reports = {
        asked(row.question).question: match[1]
        for _, row in rows
        if row.item_id and (match := _REPORT.search(row.item_id))
    }
    by_writer: dict[str, list[tuple[str, Example]]] = {writer: [] for writer in WRITERS}
    empty = 0
    for writer, row in rows:
        question, options = asked(row.question)
        output = read_output(row.pred, options)
        if not output.reasoning:
            empty += 1
            continue
        ask = ScorerAsk(question, (("think", output.reasoning),), output.answer)
        group = reports.get(question) or f"question-{hashlib.sha256(question.encode()).hexdigest()[:12]}"
        by_writer[writer].append((group, Example(ask, _label(row.correct), writer)))
    return Judged(by_writer, empty)


def _label(correct: str) -> Literal["judged_right", "judged_wrong"]:
    if correct not in ("yes", "no"):
        raise DataError(f"{FOLDER}: an output is judged {correct!r}, neither yes nor no")
    return "judged_right" if correct == "yes" else "judged_wrong"


def _rows(data: Path, writer: str) -> Iterator[_Row]:
    for name in SETS:
        yield from read_rows(data / FOLDER / f"{writer}.openi_{name}.jsonl.gz", _Row)
