"""The files, row by row, and what only shows across rows and files.

Each column is read by itself as a typed value, so that one that is wrong hides no other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from .. import parquet
from ..images import ImageError, decoded
from ..recipes import AGENTS, IMAGE_MARK, RECIPES
from ..types import DataError
from .truth import check_boxes, truth_of
from .types import Checked, Finding, Summary, Tell

Size = tuple[int, int]
KEEP = 5
"""findings of a kind that are listed for a file"""
WRONG_TYPE: Final = "wrong type"
_AT = re.compile(r" - at `\$\.?([^`]*)`$")

Value = TypeVar("Value")


class Message(msgspec.Struct):
    """A turn of the prompt."""

    role: str
    content: str


class Picture(msgspec.Struct):
    """An image; verl opens the bytes."""

    content: bytes = msgspec.field(name="bytes")
    path: str | None = None


class RewardModel(msgspec.Struct):
    """What the reward is told."""

    style: str
    ground_truth: str


class ExtraInfo(msgspec.Struct):
    """What the trainer is told besides."""

    index: int
    recipe: str
    split: str
    id: str
    image: str
    question_type: str


class _Images:
    """Images by what they hold: decoded once, and known by the file they were first seen in."""

    def __init__(self) -> None:
        self._sizes: dict[str, Size | str] = {}
        self._files: dict[str, str] = {}
        self._shared: set[tuple[str, str]] = set()

    def look(self, content: bytes) -> tuple[str, Size | str]:
        """What stands for the image, and its size or why it does not decode."""
        digest = hashlib.sha256(content).hexdigest()[:32]
        if digest not in self._sizes:
            self._sizes[digest] = _decoded(content)
        return digest, self._sizes[digest]

    def elsewhere(self, digest: str, file: str) -> str | None:
        """The other file that the image was seen in first; each pair is told once."""
        first = self._files.setdefault(digest, file)
        if first == file or (digest, file) in self._shared:
            return None
        self._shared.add((digest, file))
        return first


def check(
    paths: Sequence[Path],
    agents: Collection[str] = AGENTS,
    keep: int = KEEP,
    progress: Callable[[str, int], None] = lambda file, rows: None,
) -> Checked:
    """Reads the files through; several are taken for splits that share no image.

    Args:
        paths: the files.
        agents: names of agent loops that may stand in ``agent_name``.
        keep: findings of a kind that are kept of each file; all are counted.
        progress: told the file and how many rows were read.
    """
    checked, images = Checked(keep), _Images()
    for path in dict.fromkeys(paths):
        name = str(path)
        summary = checked.summaries.setdefault(name, Summary())
        indexes: dict[int, int] = {}
        try:
            _columns(parquet.columns_of(path), name, checked)
            for number, row in enumerate(parquet.read(path)):

                def tell(field: str, kind: str, detail: str, number: int = number, name: str = name) -> None:
                    checked.add(Finding(name, number, field, kind, detail))

                _row(row, name, summary, images, agents, tell)
                _index(row, number, indexes, tell)
                summary.rows += 1
                progress(name, summary.rows)
        except DataError as error:
            checked.add(Finding(name, None, "", "the file cannot be read", str(error).removeprefix(f"{name}: ")))
            continue
        if not summary.rows:
            checked.add(Finding(name, None, "", "the file has no rows"))
    return checked


def _columns(names: Sequence[str], file: str, checked: Checked) -> None:
    for column in parquet.COLUMNS:
        if column not in names:
            checked.add(Finding(file, None, column, "missing column"))


def _row(
    row: Mapping[str, Any], file: str, summary: Summary, images: _Images, agents: Collection[str], tell: Tell
) -> None:
    _typed(row, "ability", str, tell)
    source, agent = _typed(row, "data_source", str, tell), _typed(row, "agent_name", str, tell)
    if source == "":
        tell("data_source", "empty data source", "")
    if agent is not None and agent not in agents:
        tell("agent_name", "unknown agent", agent[:80])
    sizes = _images(_typed(row, "images", list[Picture], tell), file, summary, images, tell)
    extra = _typed(row, "extra_info", ExtraInfo, tell)
    if extra is not None and extra.recipe not in RECIPES:
        tell("extra_info.recipe", "unknown recipe", extra.recipe[:80])
    messages = _typed(row, "prompt", list[Message], tell)
    if messages is not None:
        _prompt(messages, sizes, extra.recipe if extra is not None else None, summary, tell)
    model = _typed(row, "reward_model", RewardModel, tell)
    rollout = truth_of(model.ground_truth, tell) if model is not None else None
    if rollout is not None:
        summary.question_types[rollout.question_type] += 1
        summary.boxes += check_boxes(rollout, sizes or [], tell)


def _images(
    pictures: list[Picture] | None, file: str, summary: Summary, images: _Images, tell: Tell
) -> list[Size | None] | None:
    """Width and height of each, None where it does not decode; None when the column is not to be read."""
    if pictures is None:
        return None
    sizes: list[Size | None] = []
    for number, picture in enumerate(pictures):
        digest, size = images.look(picture.content)
        if isinstance(size, str):
            tell(f"images[{number}].bytes", "image does not decode", size)
            sizes.append(None)
            continue
        sizes.append(size)
        summary.images.add(digest)
        if (other := images.elsewhere(digest, file)) is not None:
            tell(f"images[{number}]", "the same image in two files", f"also in {other}")
    return sizes


def _prompt(
    messages: Sequence[Message], sizes: Sequence[Any] | None, recipe: str | None, summary: Summary, tell: Tell
) -> None:
    text = "".join(message.content for message in messages)
    summary.prompt_chars += len(text)
    if not any(message.role == "user" for message in messages):
        tell("prompt", "no turn of the user", "")
    marks = text.count(IMAGE_MARK)
    if sizes is not None and marks != len(sizes):
        tell("prompt", f"number of {IMAGE_MARK} marks is not that of images", f"{marks} marks, {len(sizes)} images")
    if recipe is not None and recipe in RECIPES:
        missing = [tag for tag in RECIPES[recipe].asked if tag not in text]
        if missing:
            tell("prompt", "does not ask for the recipe's format", f"{recipe}: without {' '.join(missing)}")


def _index(row: Mapping[str, Any], number: int, seen: dict[int, int], tell: Tell) -> None:
    extra = row.get("extra_info")
    index = extra.get("index") if isinstance(extra, dict) else None
    if isinstance(index, int) and seen.setdefault(index, number) != number:
        tell("extra_info.index", "duplicated index", f"{index}, also row {seen[index]}")


def _decoded(content: bytes) -> Size | str:
    try:
        return decoded(content)[0].size
    except ImageError as error:
        return str(error)


def _typed(row: Mapping[str, Any], column: str, kind: type[Value], tell: Tell) -> Value | None:
    """The column's value; None when the file has no such column, or it is of another type, which is told."""
    if column not in row:
        return None
    try:
        return msgspec.convert(row[column], kind)
    except msgspec.ValidationError as error:
        message = str(error)
        at = _AT.search(message)
        path = at[1] if at is not None else ""
        tell(f"{column}{'' if path.startswith('[') or not path else '.'}{path}", WRONG_TYPE, message.split(" - at ")[0])
        return None
