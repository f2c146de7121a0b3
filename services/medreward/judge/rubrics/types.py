"""A loaded rubric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

FieldKind = Literal["text", "answer", "context"]
"""which limit a field's length has: a question, an answer, or long material such as a report or a line of thought"""


class FieldSpec(NamedTuple):
    """A text that the caller gives."""

    required: bool
    """whether it must be given"""
    kind: FieldKind
    summary: str
    absent: str | None
    """what the prompt says in its place when it is blank or not given; none: it must not be blank"""


class Texts(NamedTuple):
    """The prompt in one order, with places ``{{name}}`` to be filled."""

    system: str
    """empty: there is no system turn"""
    user: str


@dataclass(frozen=True, slots=True, eq=False)
class Rubric:
    """What is asked and what may be answered. Either ``scores`` or ``options`` has entries.

    Two rubrics are equal when name and hash are.
    """

    name: str
    version: int
    summary: str
    source: str
    """where it comes from: a paper and its section"""
    fields: Mapping[str, FieldSpec]
    scores: Mapping[str, tuple[int, int]]
    """for each score, in the order of the reply, the lowest and the highest number"""
    options: Mapping[str, str]
    """letter to label, in order"""
    swap: tuple[str, str] | None
    """two fields that may exchange their places; the first two scores are theirs"""
    texts: Mapping[str, Texts]
    """by prompt order"""
    hash: str
    """hexadecimal, of everything that shapes a verdict: version, fields, verdict, texts, and how they are filled"""

    @property
    def orders(self) -> tuple[str, ...]:
        """The prompt orders that it has; the first is the default."""
        return tuple(self.texts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rubric):
            return NotImplemented
        return (self.name, self.hash) == (other.name, other.hash)

    def __hash__(self) -> int:
        return hash((self.name, self.hash))
