"""What a reader is, what it yields, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from medreward.contract.codec import Limits
from medreward.contract.types import Rollout

if TYPE_CHECKING:
    from medreward.readers.source import Source

Respond = Literal["reference", "other"]
"""``reference``: the right answer and boxes; ``other``: a wrong answer and wrong boxes"""
RESPOND: tuple[Respond, ...] = get_args(Respond)


class ReaderError(ValueError):
    """The input cannot be read; the message names the file, and the line and field where there is one."""


class Skipped(NamedTuple):
    """A sound row that no rollout can express."""

    place: str
    """e.g. ``val_qa.jsonl.gz:17``"""
    reason: str
    """the same words for every such row, so that they can be counted"""


class Options(NamedTuple):
    """What the caller decides."""

    respond: Respond = "reference"
    """what is written where a data set holds no policy outputs"""
    limits: Limits = Limits()
    """what a rollout may hold; only the contract's own lines are held to it here"""


class Reader(NamedTuple):
    """An entry of ``READERS``."""

    read: Callable[[Source, Options], Iterator[Rollout | Skipped]]
    summary: str
    writes_responses: bool = False
    """whether the responses are written by the reader, so that ``Options.respond`` counts"""
