"""What SIGINT, SIGTERM and SIGHUP do to a command that runs a cluster."""

from __future__ import annotations

import signal
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """The first of them is a KeyboardInterrupt; those after it are ignored, so that stopping is not cut short.

    They are ignored by a handler and not by ``SIG_IGN``: Python complains on stderr of a signal that came before
    that was set, and children would inherit it.
    """

    def __init__(self) -> None:
        """Changes nothing yet."""
        # nohup says that a lost terminal should not matter
        self._numbers = [
            number
            for number in _NUMBERS
            if number != signal.SIGHUP or signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        ]
        self._before = {number: signal.getsignal(number) for number in self._numbers}
        self._ignored = False
        self.came = False
        """whether one came"""

    def take(self) -> None:
        """From now on they come here."""
        for number in self._numbers:
            signal.signal(number, self._on_signal)

    def ignore(self) -> None:
        """From now on they do nothing."""
        self._ignored = True
        self.take()  # ray may have put its own in place

    def give_back(self) -> None:
        """From now on they do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises KeyboardInterrupt when one came, whatever the code that it broke off has made of that since."""
        if self.came:
            raise KeyboardInterrupt from None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._ignored:
            return
        self._ignored = self.came = True
        raise KeyboardInterrupt
