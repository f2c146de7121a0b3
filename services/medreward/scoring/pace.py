"""How long work takes, as far as was seen: what an estimated wait is made of."""

from __future__ import annotations

import time
from collections.abc import Callable

_NEW = 0.1
_FRESH_S = 5.0  # for which an observation holds, and in which it then loses half of its worth, again and again


class Pace:
    """Seconds for one piece of work: an average in which newer pieces weigh more, and which fades when none comes.

    What is not known takes no time, and what is known is forgotten: an estimate must not keep out the very work that
    would correct it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, newest: float = _NEW) -> None:
        """
        Args:
            clock: seconds.
            newest: how much the newest observation weighs, from 0 to 1.
        """
        self._clock = clock
        self._new = newest
        self._seconds = 0.0
        self._pieces = 0.0
        self._at = clock()

    def took(self, seconds: float, pieces: int = 1) -> None:
        """So many pieces were done in so many seconds."""
        if pieces < 1:
            return
        now = self.seconds()
        if now == 0.0:
            self._seconds, self._pieces = seconds, float(pieces)
        else:
            # what has faded meanwhile stays so
            self._seconds = (1 - self._new) * now * self._pieces + self._new * seconds
            self._pieces = (1 - self._new) * self._pieces + self._new * pieces
        self._at = self._clock()

    def took_more(self, seconds: float) -> None:
        """A piece was given up after so many seconds."""
        if seconds > self.seconds():
            self.took(seconds)

    def seconds(self) -> float:
        """For one piece; 0 when nothing is known."""
        if not self._pieces:
            return 0.0
        known = self._seconds / self._pieces
        # pieces that take long come seldom
        stale_s = self._clock() - self._at - max(_FRESH_S, 2 * known)
        if stale_s <= 0:
            return known
        faded: float = known * 0.5 ** (stale_s / _FRESH_S)
        return faded if faded > 1e-9 else 0.0
