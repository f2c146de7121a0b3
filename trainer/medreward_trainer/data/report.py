"""What a conversion wrote, what it left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from .types import Left

REPORT = "report.json"
"""its name, beside the files"""
EXAMPLES = 5
"""places that are listed for each reason"""
DETAIL = 160
"""characters of what is particular to a row"""


class Reason(msgspec.Struct):
    """Rows left out for one reason."""

    rows: int = 0
    broken: bool = False
    examples: list[str] = []
    """the first places, with what is particular to them"""


class File(msgspec.Struct):
    """One file that was written."""

    rows: int = 0
    images: int = 0
    """that differ"""
    boxes: int = 0
    question_types: dict[str, int] = {}


class Report(msgspec.Struct):
    """What is counted while the files are written."""

    source: str
    recipe: str
    agent: str
    options: dict[str, str | int | float | bool | None]
    """what the command was told"""
    read: int = 0
    """rows of the data set"""
    split: str = ""
    """how the splits were made"""
    boxes_asked: bool = False
    """whether the prompts ask for boxes"""
    notes: list[str] = []
    files: dict[str, File] = {}
    left_out: dict[str, Reason] = {}

    def leave(self, left: Left) -> None:
        """Counts a row that is not written."""
        reason = self.left_out.setdefault(left.reason, Reason(broken=left.broken))
        reason.rows += 1
        if len(reason.examples) < EXAMPLES:
            reason.examples.append(f"{left.place}: {left.detail[:DETAIL]}" if left.detail else left.place)

    @property
    def written(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files.values())

    def save(self, folder: Path) -> None:
        """Writes it.

        Raises:
            OSError: it cannot be written.
        """
        (folder / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")


class Tally:
    """Counts the rows of one file while it is written."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._types: Counter[str] = Counter()
        self._images: set[str] = set()
        self._boxes = 0

    def add(self, question_type: str, images: Sequence[str], boxes: int) -> None:
        """A row of these images, each by what stands for it."""
        self._types[question_type] += 1
        self._images.update(images)
        self._boxes += boxes

    @property
    def rows(self) -> int:
        """How many were added."""
        return self._types.total()

    def file(self) -> File:
        """What was counted."""
        return File(self.rows, len(self._images), self._boxes, dict(sorted(self._types.items())))
