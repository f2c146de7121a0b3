"""Labelled answers from files: our own JSON lines, and two public sets.

What a set holds but cannot be used is skipped with a reason, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from medreward.cli.errors import Unusable
from medreward.readers import Skipped, Source

_LETTERS = {"A": True, "B": False}


class Labelled(NamedTuple):
    """An answer and whether somebody found it right."""

    place: str
    question: str
    references: tuple[str, ...]
    """equally good; an answer is right when it is close to any"""
    candidate: str
    label: bool
    context: str
    group: str
    """what was answered: answers of one group are resampled together"""


class Choice(NamedTuple):
    """What of a set is read."""

    systems: tuple[str, ...]
    """whose answers; empty: everybody's"""
    labels: str | None
    """whose labels"""


class LabelReader(NamedTuple):
    """An entry of ``LABEL_READERS``."""

    read: Callable[[Source, Choice], Iterator[Labelled | Skipped]]
    summary: str
    systems: tuple[str, ...] = ()
    """that can be chosen"""
    labels: tuple[str, ...] = ()
    """one of which must be chosen"""


class _Line(msgspec.Struct):
    question: str
    reference: str | list[str]
    label: bool | int | str
    candidate: str | None = None
    answer: str | None = None
    context: str = ""
    group: str | None = None


def _lines(source: Source, choice: Choice) -> Iterator[Labelled | Skipped]:
    for number, row in source.rows(_Line):
        candidate = row.candidate if row.candidate is not None else row.answer
        if candidate is None or (row.candidate is not None and row.answer is not None):
            source.fail(number, "candidate: give either it or answer")
        references = _told([row.reference] if isinstance(row.reference, str) else row.reference)
        if not row.question.strip() or not references:
            source.fail(number, "question and reference: required, and not empty")
        if row.label == "C":
            yield source.skip(number, "the label is C, uncertain")
            continue
        label = _LETTERS.get(row.label) if isinstance(row.label, str) else {0: False, 1: True}.get(int(row.label))
        if label is None:
            source.fail(number, f"label: must be 0, 1, true, false, A, B or C, is {row.label!r}")
        group = row.group if row.group is not None else "\n".join((row.question, row.context, *references))
        yield Labelled(source.place(number), row.question, references, candidate, label, row.context, group)


def _evouna(source: Source, choice: Choice) -> Iterator[Labelled | Skipped]:
    for index, row in enumerate(source.whole(list[dict[str, Any]])):
        for system in choice.systems or EVOUNA_SYSTEMS:
            place = f"[{index}].answer_{system}"
            try:
                golden, answer, label = row["golden_answer"], row[f"answer_{system}"], row[f"judge_{system}"]
                improper, question = row["improper"], row["question"]
            except KeyError as error:
                source.fail(place, f"{error.args[0]}: required")
            if improper:
                yield source.skip(place, "the question is marked improper")
            elif not isinstance(golden, str) or not isinstance(answer, str) or not isinstance(question, str):
                yield source.skip(place, "there is no answer")
            elif not isinstance(label, bool):
                yield source.skip(place, "there is no label")
            # aliases stand beside each other: "Olivia/MFSK"
            elif not (references := _told(golden.split("/"))):
                yield source.skip(place, "there is no answer to compare with")
            else:
                yield Labelled(source.place(place), question, references, answer, label, "", f"{index}")


class _Diagnosis(msgspec.Struct):
    id: str
    model: str
    case_summary: str
    gold: str
    response: str
    acc_gpt: bool
    acc_gemma: bool


def _medrbench(source: Source, choice: Choice) -> Iterator[Labelled | Skipped]:
    for number, row in source.rows(_Diagnosis):
        if choice.systems and row.model not in choice.systems:
            continue
        # the reasoning comes first; some put the whole into a code fence
        _, marker, answer = row.response.rpartition("### Answer:")
        answer = answer.strip().removesuffix("```").strip()
        label = {"gpt": row.acc_gpt, "gemma": row.acc_gemma}.get(choice.labels or "", row.acc_gpt)
        if not marker or not answer:
            yield source.skip(number, "the response has no '### Answer:'")
        elif not (references := _told([row.gold])):
            yield source.skip(number, "there is no diagnosis to compare with")
        elif choice.labels == "agreed" and row.acc_gpt != row.acc_gemma:
            yield source.skip(number, "the two judges disagree")
        else:
            question = "What is the most likely final diagnosis?"
            yield Labelled(source.place(number), question, references, answer, label, row.case_summary, row.id)


def _told(references: list[str]) -> tuple[str, ...]:
    """Those that are not blank, each once."""
    return tuple(dict.fromkeys(text.strip() for text in references if text.strip()))


EVOUNA_SYSTEMS = ("fid", "gpt35", "chatgpt", "gpt4", "newbing")

LABEL_READERS: dict[str, LabelReader] = {
    "lines": LabelReader(_lines, "JSON lines {question, reference, candidate, label, context?, group?}"),
    "evouna": LabelReader(
        _evouna, "EVOUNA: open questions, answers of five systems judged by people", systems=EVOUNA_SYSTEMS
    ),
    "medrbench": LabelReader(
        _medrbench,
        "MedRBench: final diagnoses judged by two models",
        systems=("deepseek-r1", "o3-mini", "qwen3-14b-thinking"),
        labels=("gpt", "gemma", "agreed"),
    ),
}
"""name on the command line -> reader"""


def chosen(reader: str, systems: list[str], labels: str | None) -> Choice:
    """What the options say.

    Raises:
        Unusable: there is no such reader, or it has no such system or labels.
    """
    if reader not in LABEL_READERS:
        raise Unusable(f"--reader: there is no reader {reader!r}, there are {', '.join(LABEL_READERS)}")
    of = LABEL_READERS[reader]
    for system in systems:
        if system not in of.systems:
            raise Unusable(f"--system: {reader} has no {system!r}, it has {', '.join(of.systems) or 'none to choose'}")
    if labels is not None and labels not in of.labels:
        raise Unusable(f"--labels: {reader} has no {labels!r}, it has {', '.join(of.labels) or 'none to choose'}")
    if of.labels and labels is None:
        raise Unusable(f"--labels: {reader} has those of {', '.join(of.labels)}; name one")
    return Choice(tuple(dict.fromkeys(systems)), labels)
