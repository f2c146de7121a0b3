"""Conversations in LLaVA's form: a human's question and a model's reply, and what the question's text holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ..choices import ChoicesError, read_choices

_ASKER = ("human", "user")
_TAGGED_CHOICES = re.compile(r"<choices>\s*:?\s*(\[.*?\])\s*(?:</choices>)?(?=\s|$)", re.DOTALL)
_LISTED_CHOICES = re.compile(r"(?:^|\n)\s*(?:Options|Choices)\s*:\s*((?:\s*(?:-\s*)?\(?[A-Z]\s*[).:]\s*[^\n]+\n?)+)")
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")
_IMAGE = re.compile(r"\s*<image>\s*")


class Turn(msgspec.Struct):
    """One turn, under either pair of names for its fields."""

    from_: str = msgspec.field(name="from", default="")
    value: str = ""
    role: str = ""
    content: str = ""

    @property
    def asks(self) -> bool:
        """Whether a human speaks."""
        return (self.from_ or self.role) in _ASKER

    @property
    def text(self) -> str:
        """What is said."""
        return self.value or self.content


class Question(NamedTuple):
    """What a human's turn asks."""

    text: str
    """without image marks, options and instructions on the format"""
    choices: dict[str, str] | None


class TurnsError(ValueError):
    """This is no question and reply; the message says why."""


def pair(turns: Sequence[Turn]) -> tuple[str, str]:
    """The texts of a question and its reply.

    Raises:
        TurnsError: there are not exactly these two turns.
    """
    if len(turns) != 2 or not turns[0].asks or turns[1].asks:
        raise TurnsError("not one question and one reply")
    return turns[0].text, turns[1].text


def question(text: str, instruction: re.Pattern[str]) -> Question:
    """The question of a human's turn; sentences that ``instruction`` finds something in are left away.

    Raises:
        TurnsError: the options make no sense, or no question is left.
    """
    text = _IMAGE.sub("\n", text)
    listed = _TAGGED_CHOICES.search(text) or _LISTED_CHOICES.search(text)
    choices = None
    if listed is not None:
        try:
            choices = read_choices(listed[1])
        except ChoicesError as error:
            raise TurnsError(str(error)) from None
        text = f"{text[: listed.start()]}\n{text[listed.end() :]}"
    sentences = [one.strip() for one in _SENTENCE.split(text) if one.strip()]
    kept = " ".join(one for one in sentences if not instruction.search(one))
    if not kept:
        raise TurnsError("no question is left beside the instructions")
    return Question(kept, choices)
