"""MedRBench as judged trajectories: case reports reasoned about by models (CC BY-SA; ``medrbench`` of the data folder).

Two kinds of judgement, and a text that has both is sound only by both:

- ``final_diagnosis_two_judges``: is the diagnosis right? Where the two judges disagree the row is left out;
- ``steps_qwenjudge.*``: is each step factual? One that is not makes the trajectory unsound. Steps that only cite the
  case or repeat are not judged; a trajectory without a judged step is left out. Where nobody judged the diagnosis, the
  steps alone decide.

A response has reasoning and an answer, so that is what a trajectory has: one stage ``think``, its steps line by line,
and the answer. Nothing is made of it that is not there; a response without an answer is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.sources.files import read_rows
from medreward_trainer.scorer.sources.markdown import plain, steps

FOLDER = "medrbench"
DIAGNOSES = "final_diagnosis_two_judges.jsonl.gz"
STEPS = ("steps_qwenjudge.deepseek-r1.jsonl.gz", "steps_qwenjudge.gemini2-ft.jsonl.gz", "steps_qwenjudge.qwq.jsonl.gz")
ASKED = "What is the most likely diagnosis?"
_REASONING = re.compile(r"^#+\s*\**\s*Re\w*soning\b\W*$", re.IGNORECASE | re.MULTILINE)
_ANSWER = re.compile(
    r"^\W*(?:#+\s*\**\s*(?:final )?(?:answer|diagnosis)\b|\*\*(?:final )?(?:answer|diagnosis)\b)[ *:]*",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(r"^(?:\S+ ){0,7}\S*[^.!?\s]$")
_NOTHING = re.compile(
    r"^(?:not? (?:provided|detailed|mentioned|reported|specified|available|applicable|stated|given|discussed|described|"
    r"disclosed|noted)|not? \w+ (?:provided|mentioned|reported|detailed|specified)|n/?a|unknown)"
    r"(?: (?:provided|mentioned|reported|detailed|specified|noted|given))?\W*$",
    re.IGNORECASE,
)


class _Judged(msgspec.Struct):
    step: str
    factual: bool | None


class _Row(msgspec.Struct):
    id: str
    model: str
    case_summary: str
    response: str
    acc_gpt: bool | None = None
    acc_gemma: bool | None = None
    steps: list[_Judged] = msgspec.field(default_factory=list)


class Told(NamedTuple):
    """A response as a trajectory, and what the judges said of it."""

    group: str
    writer: str
    ask: ScorerAsk
    right: bool
    wrong_parts: frozenset[int]
    """parts of the reasoning that were judged not factual"""


def read(data: Path) -> list[Told]:
    """The judged responses, one for each case and model, in the files' order.

    Raises:
        DataError: a file is missing or broken.
    """
    told: dict[tuple[str, str, str], Told] = {}
    for file in (DIAGNOSES, *STEPS):
        for row in read_rows(data / FOLDER / file, _Row):
            one = _told(row)
            if one is None:
                continue
            key = (one.group, one.writer, row.response.strip())
            if (known := told.get(key)) is not None:
                # the steps as the judge of steps was shown them; both files' readings are of one text
                one = one._replace(right=known.right and one.right)
            told[key] = one
    return list(told.values())


def _told(row: _Row) -> Told | None:
    """``None`` where the judges do not agree or did not judge, or the response has no reasoning or no answer."""
    reasoning, answer = parts_of(row.response)
    judged = _joined([(text, step.factual) for step in row.steps if (text := plain(step.step))])
    lines, verdicts = [text for text, _ in judged] or reasoning, [verdict for _, verdict in judged]
    if judged:
        if all(verdict is None for verdict in verdicts):
            return None
        right = False not in verdicts
    elif row.acc_gpt is None or row.acc_gpt != row.acc_gemma:
        return None
    else:
        right = row.acc_gpt
    if not answer or len(lines) < 2:
        return None
    wrong = frozenset(at for at, verdict in enumerate(verdicts) if verdict is False)
    ask = ScorerAsk(f"{summary(row.case_summary)}\n{ASKED}", (("think", "\n".join(lines)),), answer)
    return Told(row.id, row.model, ask, right, wrong)


def _joined(judged: Sequence[tuple[str, bool | None]]) -> list[tuple[str, bool | None]]:
    """The steps with headings that stand alone put before what they head, and the graver of the two verdicts."""
    found: list[tuple[str, bool | None]] = []
    heading, verdict = "", None
    for text, own in judged:
        whole = f"{heading} {text}".strip()
        graver = False if False in (verdict, own) else own if verdict is None else verdict
        if _HEADING.match(text):
            heading, verdict = (whole if whole.endswith(":") else f"{whole}:"), graver
        else:
            found.append((whole, graver))
            heading, verdict = "", None
    # nothing follows it: a conclusion without a full stop
    return [*found, (heading.removesuffix(":"), verdict)] if heading else found


def parts_of(response: str) -> tuple[list[str], str]:
    """Steps and answer of a response; what a model thought aloud before its reasoning section is not part of it.

    The answer is empty where the response has none.
    """
    headings = list(_REASONING.finditer(response))
    body = response[headings[-1].end() :] if headings else response
    answers = list(_ANSWER.finditer(body))
    if not answers:
        return _steps(body), ""
    last = answers[-1]
    return _steps(body[: last.start()]), plain(body[last.end() :])


def _steps(body: str) -> list[str]:
    return [text for text, _ in _joined([(text, None) for text in steps(body)])]


def summary(case: str) -> str:
    """A case summary without Markdown, and without the headings under which nothing is reported."""
    lines = []
    for line in case.splitlines():
        text = plain(line)
        _name, _, said = text.partition(":")
        if text and not (said and _NOTHING.match(said.strip())):
            lines.append(text)
    return " ".join(lines)
