"""What the engine has before it, in time: the judge's part of refusing at once what could not be done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from medreward.judge.caller import Caller
from medreward.judge.settings import JudgeSettings
from medreward.scoring.admission import admit
from medreward.scoring.deadline import Deadline
from medreward.scoring.settings import Admission

_SLOWEST = 1.5  # of an average call: it is the last of them that must be in time


class Ahead:
    """Judgements that were taken on and are not done, and how long the engine will need for them."""

    def __init__(self, caller: Caller, settings: JudgeSettings, admission: Admission) -> None:
        self._caller = caller
        self._at_a_time = settings.max_concurrency
        self._rate = settings.rate_per_s
        self._admission = admission
        self._taken = 0

    def admit(self, new: int, deadline: Deadline) -> None:
        """Returns when ``new`` judgements can be had before the deadline, or at once. Raises Overbooked."""
        if new:
            admit(self._admission, "judge", self.wait_s(), self._takes_s(new), deadline)

    def take(self, work: Iterable[asyncio.Future[Any]]) -> None:
        """These were taken on. They count from now, since it takes them a moment to reach the gate."""
        for one in work:
            self._taken += 1
            one.add_done_callback(self._done)

    def wait_s(self) -> float:
        """Seconds until another judgement would be let in; 0 when there is room, or nothing is known."""
        gate = self._caller.gate
        ahead = max(self._taken, gate.waiting + gate.inside)
        # those inside may have just begun: under overload requests are let in as soon as they fit, so that half of them
        # would be late if this were right on average only
        by_room = self._each_s() * ahead if ahead >= self._at_a_time else 0.0
        by_rate = max(0, ahead - gate.inside) / self._rate if self._rate else 0.0
        return max(by_room, by_rate)

    def _takes_s(self, new: int) -> float:
        by_room = max(_SLOWEST * self._caller.pace.seconds(), self._each_s() * new)
        return max(by_room, new / self._rate if self._rate else 0.0)

    def _each_s(self) -> float:
        """Seconds in which the engine is done with one more, when it is full."""
        return max(self._caller.pace.seconds() / self._at_a_time, self._caller.turnover.seconds())

    def _done(self, _: asyncio.Future[Any]) -> None:
        self._taken -= 1
