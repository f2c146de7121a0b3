"""One deadline, carried through every wait of a request."""

from __future__ import annotations

import time
from typing import NamedTuple


class Deadline(NamedTuple):
    """A point on the monotonic clock of this process."""

    at: float
    """seconds, as ``time.monotonic``"""

    @classmethod
    def after_ms(cls, milliseconds: float, start: float | None = None) -> Deadline:
        """The deadline ``milliseconds`` after ``start`` (now, if not given)."""
        return cls((time.monotonic() if start is None else start) + milliseconds / 1000)

    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - time.monotonic())

    @property
    def expired(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self.at
