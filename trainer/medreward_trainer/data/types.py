"""A sample as a reader yields it, what is left out and why, and what can go wrong.

:class:`DataError` is raised when the work cannot go on: a file is missing or is no file of its kind, an option makes no
sense for the data. What is wrong with a single row is no error: the reader yields a :class:`Left`, which is counted
and listed in the report; with ``--strict`` a broken one is raised as a :class:`DataError` too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from medreward.contract import Rollout

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
QuestionType = Literal["open_ended", "closed_ended", "single_choice", "multi_choice"]

YES_NO = ("yes", "no")
"""the answers that make a question closed-ended, in lower case"""


class DataError(Exception):
    """The data cannot be used; the message names the file, and the row and field where there is one."""


class Left(NamedTuple):
    """A row that is not written."""

    place: str
    """e.g. ``train.json:17``"""
    reason: str
    """the same words for every such row, so that they can be counted"""
    broken: bool = False
    """whether the row itself is at fault, and not only out of what can be expressed or was asked for"""
    detail: str = ""
    """what is particular to this row: the field and what is wrong with it"""


class Sample(NamedTuple):
    """A question on images, with what is right."""

    place: str
    """e.g. ``train.json:17``"""
    id: str
    """unique in its data set"""
    rollout: Rollout
    """without response; boxes as the data has them; ``image`` where the data says the image's size"""
    images: tuple[str, ...]
    """names as the data gives them, relative to an image folder"""
    split: Split | None = None
    """the data's own"""
    group: str = ""
    """a report or patient whose images must not be in two splits; empty: each image for itself"""
    frame: tuple[int, int] | None = None
    """width and height of the frame that the boxes are written in; None: pixels of the image file"""


class ReadOptions(NamedTuple):
    """What a reader may be told."""

    language: str = "en"
    """of the questions, where the data has several"""
    frame: tuple[int, int] | None = None
    """width and height of the frame that the boxes are written in, where the data does not say"""


Read = Callable[[Path, ReadOptions], Iterator[Sample | Left]]


class Source(NamedTuple):
    """An entry of ``readers.SOURCES``."""

    read: Read
    folders: tuple[str, ...] = (".",)
    """where the images lie, relative to the data"""
    spellings: Callable[[str], tuple[str, ...]] = lambda name: (name,)
    """file names that an image may have, the likeliest first"""
    languages: tuple[str, ...] = ()
    """what ``ReadOptions.language`` may be; empty: it means nothing here"""
    frames: bool = False
    """whether ``ReadOptions.frame`` means anything here"""
