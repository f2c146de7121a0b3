"""What a model wrote about a question with options: its reasoning, and the option it settled on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from medreward_trainer.scorer.sources.markdown import plain

_PROMPT_END = "\nassistant\n"
_TAIL = re.compile(r"\s*Let's think step by step\..*", re.DOTALL)
_OPTION = re.compile(r"^([A-Z])\) *(.+)$", re.MULTILINE)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL)
_THINK = re.compile(r"<think>(.*?)(?:</think>|\Z)", re.DOTALL)
_TAGS = re.compile(r"</?(?:think|answer)>")
_LETTER = re.compile(r"(?:^|[^\w'])([A-Z])(?=\)|\.?$| ?[.:,] |\*)|\boption ([A-Z])\b")
_BEFORE_ANSWER = re.compile(r"(?:(?:therefore|so|thus|hence),? )?(?:the )?(?:final )?answer(?: is)?:?", re.IGNORECASE)
_SETTLES = re.compile(
    r"\b(?:answer|option|conclu\w+|therefore|thus|hence|most likely|appears?|finding)\b", re.IGNORECASE
)
_LAST_LINES = 3
"""of a text without an answer tag, the lines among which an answer is looked for"""


class Asked(NamedTuple):
    """A question and its options, by letter in order; none where it is open."""

    question: str
    """with the options as lines ``A) ..``, without instructions to the model"""
    options: Mapping[str, str]


class Output(NamedTuple):
    """A model's reasoning, one line a paragraph, and its answer: the text of an option, empty where that is unclear."""

    reasoning: str
    answer: str


def asked(question: str) -> Asked:
    """The question without its tail."""
    lines = [line.strip() for line in _TAIL.sub("", question).strip().splitlines() if line.strip()]
    text = "\n".join(lines).replace(" Options:\n", "\n", 1)
    return Asked(text, {letter: option.strip() for letter, option in _OPTION.findall(text)})


def read_output(written: str, options: Mapping[str, str]) -> Output:
    """Reasoning and answer as they were written; what stands before the model's turn is not its output.

    With an ``<answer>`` tag, also one inside ``<think>``, the answer is what it names; else the last lines are read for
    the one option on which they settle, and remain part of the reasoning.
    """
    text = written.split(_PROMPT_END, 1)[1] if written.startswith("system\n") and _PROMPT_END in written else written
    answers = _ANSWER.findall(text)
    rest = _ANSWER.sub("", text)
    thoughts = _THINK.findall(rest)
    lines = [line for line in map(plain, _TAGS.sub("", "\n".join(thoughts) or rest).splitlines()) if line]
    if not answers:
        return Output("\n".join(lines), _settled(lines, options))
    # "Therefore, the answer is:" without the answer that stood there
    while lines and _BEFORE_ANSWER.fullmatch(lines[-1]):
        lines.pop()
    return Output("\n".join(lines), _named(answers[-1], options))


def _named(answer: str, options: Mapping[str, str]) -> str:
    """The option that an answer tag names by letter or text."""
    text = plain(answer)
    letter = re.match(r"([A-Z])(?:[).:]|$)", text)
    if letter and letter[1] in options:
        return options[letter[1]]
    return next((option for option in options.values() if option.lower() == text.lower().rstrip(".")), "")


def _settled(lines: list[str], options: Mapping[str, str]) -> str:
    """The one option that the last line which names any names, if it settles on it."""
    for at in range(len(lines) - 1, max(len(lines) - 1 - _LAST_LINES, -1), -1):
        line = lines[at]
        letters = {letter for pair in _LETTER.findall(line) for letter in pair if letter in options}
        if not letters:
            low = line.lower()
            letters = {letter for letter, option in options.items() if len(option) > 3 and option.lower() in low}
        if letters:
            announced = at > 0 and lines[at - 1].endswith(":") and line[1:2] == ")"
            short = len(line.split()) <= 2 + max(len(options[letter].split()) for letter in letters)
            settles = announced or short or _SETTLES.search(line)
            return options[letters.pop()] if len(letters) == 1 and settles else ""
    return ""
