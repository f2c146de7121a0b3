"""Refusing at once what could not be done before its deadline.

Whoever has a queue estimates, from the pace of the work it saw, how long what is ahead of a request will take, and how
long the request itself. When both are more than its deadline leaves, nothing of it is begun: the time that it would
take is better spent on what can be met. When nothing is ahead, a request is always begun, since waiting would not help
it: what of it is done by then is in the reply.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from medreward.contract.errors import ErrorCode, Overbooked, RequestError
from medreward.scoring.deadline import Deadline
from medreward.scoring.pace import Pace
from medreward.scoring.settings import Admission

_SOONEST_S = 0.05


def admit(settings: Admission, name: str, ahead_s: float, own_s: float, deadline: Deadline) -> None:
    """Returns when so much can be done before the deadline, or there is nothing to wait for.

    Args:
        settings: section ``admission``.
        name: of the service that would do it.
        ahead_s: seconds until it would be begun.
        own_s: seconds that it would take then.
        deadline: by which it is to be done.

    Raises:
        Overbooked: it cannot.
    """
    if not settings.enabled or ahead_s <= 0.0:
        return
    left_s = deadline.remaining()
    over_s = settings.margin * (ahead_s + own_s) - left_s
    if over_s <= 0.0:
        return
    raise Overbooked(
        name,
        f"the {name} has work for about {ahead_s:.2f} s and this would take {own_s:.2f} s, with {left_s:.2f} s left",
        # when nothing is ahead any more, it is begun however long it takes
        max(_SOONEST_S, min(over_s / settings.margin, ahead_s)),
    )


def refusal(error: Overbooked) -> RequestError:
    """What the request's sender is told."""
    return RequestError(ErrorCode.OVERLOADED, error.detail, retry_after_s=error.retry_after_s, busy=error.service)


class Stay:
    """A batch that is worked on."""

    __slots__ = ("scored",)

    def __init__(self) -> None:
        self.scored = 0
        """rollouts that were; one that was too late takes no time"""


class InPlaceQueue:
    """The rollouts that this process works on: their batches take turns, so each waits for all of them."""

    def __init__(self, settings: Admission) -> None:
        self._settings = settings
        self._pace = Pace()
        self._rollouts = 0
        self._since = 0.0

    def wait_s(self) -> float:
        """Seconds until all of them are done, as estimated."""
        return self._rollouts * self._pace.seconds()

    @contextmanager
    def entered(self, rollouts: int, deadline: Deadline, *, counted: bool) -> Iterator[Stay]:
        """While a batch is worked on.

        Args:
            rollouts: of the batch.
            deadline: of the batch.
            counted: it goes on by itself; one whose results are taken one by one stays as long as their taker likes,
                which says nothing.

        Raises:
            RequestError: ``overloaded``, when that cannot be done before the deadline.
        """
        try:
            admit(self._settings, "ingress", self.wait_s(), rollouts * self._pace.seconds(), deadline)
        except Overbooked as error:
            raise refusal(error) from None
        stay = Stay()
        if not counted:
            yield stay
            return
        if not self._rollouts:
            self._since = time.monotonic()
        self._rollouts += rollouts
        try:
            yield stay
            # while there is any batch, all of this process's time goes to them, and to reading and writing them
            now = time.monotonic()
            self._pace.took(now - self._since, stay.scored)
            self._since = now
        finally:
            self._rollouts -= rollouts
