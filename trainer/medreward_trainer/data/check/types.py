"""A finding, and what was seen of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple


class Finding(NamedTuple):
    """Something wrong."""

    file: str
    row: int | None
    """from 0; None: the whole file"""
    field: str
    """e.g. ``reward_model.ground_truth``"""
    kind: str
    """the same words for every finding of its kind, so that they can be counted"""
    detail: str = ""


Tell = Callable[[str, str, str], None]
"""told the field, the kind and the detail of something wrong in a row"""


class Summary:
    """What a file holds."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self.rows = 0
        self.images: set[str] = set()
        """by what they hold"""
        self.question_types: Counter[str] = Counter()
        self.prompt_chars = 0
        """of all rows together"""
        self.boxes = 0


class Checked:
    """What a check found: counts of everything, and the first findings of each kind in each file."""

    def __init__(self, keep: int) -> None:
        """``keep``: how many findings of a kind are kept of a file."""
        self._keep = keep
        self.counts: Counter[tuple[str, str]] = Counter()
        """file and kind -> how often"""
        self.findings: list[Finding] = []
        self.summaries: dict[str, Summary] = {}

    def add(self, finding: Finding) -> None:
        """Counts a finding."""
        of = (finding.file, finding.kind)
        self.counts[of] += 1
        if self.counts[of] <= self._keep:
            self.findings.append(finding)
