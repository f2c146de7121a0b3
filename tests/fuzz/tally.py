"""What a fuzzer did: inputs, replies by code, findings, each finding kept in a file of its own."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from pathlib import Path
from typing import Any

_KEPT = 20
"""findings kept of one fuzzer; a defect that is met again and again fills no disk"""


class Tally:
    """The count of one fuzzer."""

    def __init__(self, name: str, seconds: float, directory: Path, most: int | None = None) -> None:
        """``seconds``: how long it may run; ``directory``: where findings are kept; ``most``: inputs, if so many do."""
        self.name = name
        self.inputs = 0
        self.codes: Counter[str] = Counter()
        self.findings: list[str] = []
        self.note = ""
        self._directory = directory
        self._most = most
        self._began = time.monotonic()
        self._until = self._began + seconds
        self._spent = 0.0

    @property
    def left_s(self) -> float:
        """Seconds left; 0 when the time is up, or there were inputs enough."""
        if self._most is not None and self.inputs >= self._most:
            return 0.0
        return max(0.0, self._until - time.monotonic())

    def count(self, code: str) -> None:
        """One input, and what came back."""
        self.inputs += 1
        self.codes[code] += 1

    def find(self, what: str, material: bytes) -> None:
        """Keeps what made the service fail; ``what`` says in a line how."""
        self.codes["finding"] += 1
        if len(self.findings) >= _KEPT:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        stem = hashlib.sha256(material).hexdigest()[:12]
        path = self._directory / f"{self.name}-{stem}.bin"
        path.write_bytes(material)
        path.with_suffix(".txt").write_text(f"{self.name}: {what}\n", errors="replace")
        self.findings.append(f"{what[:200]} ({path})")

    def done(self) -> Tally:
        """Stops the clock."""
        self._spent = time.monotonic() - self._began
        return self

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "seconds": round(self._spent, 1),
            "inputs": self.inputs,
            "per_s": round(self.inputs / self._spent, 1) if self._spent else 0.0,
            "codes": dict(self.codes.most_common()),
            "findings": self.findings,
            "note": self.note,
        }
