"""Judges of known character."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence

from medreward.contract.errors import ServiceError
from medreward.contract.types import Status
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.judge.canary import Suite, load_suite
from medreward.rewards.types import Outcome, unscored
from medreward.scoring.deadline import Deadline

SCORES = ("assistant1", "assistant2")


def told(one: float, two: float) -> Outcome:
    """The verdict of two scores, as the judge's service gives it."""
    value = 1.0 if abs(one - two) < 2 else 0.0
    return Outcome("ok", value, f"{one:g} and {two:g}", {"scores": dict(zip(SCORES, (one, two), strict=True))})


class Fake:
    """A judge that answers ask by ask."""

    def __init__(self) -> None:
        self.asked: list[JudgeAsk] = []
        self.closed = False

    def fingerprint(self) -> Mapping[str, str]:
        return {"engine": type(self).__name__}

    def answer(self, ask: JudgeAsk) -> Outcome:
        raise NotImplementedError

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        self.asked += asks
        return Judged([self.answer(ask) for ask in asks], self.fingerprint())

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        raise ServiceError("unavailable", "only answers are judged here")

    async def close(self) -> None:
        self.closed = True


class Knowing(Fake):
    """Knows every answer of a suite; whatever else it is asked is wrong."""

    def __init__(self, suite: Suite | None = None) -> None:
        super().__init__()
        suite = suite or load_suite()
        self._right = {(case.question, "".join(case.answer.split())) for case in suite.cases if case.expected == 1}

    def answer(self, ask: JudgeAsk) -> Outcome:
        return told(9, 9) if (ask.question, "".join(ask.candidate.split())) in self._right else told(9, 2)


class Always(Fake):
    """Says the same of everything."""

    def __init__(self, one: float, two: float) -> None:
        super().__init__()
        self._outcome = told(one, two)

    def answer(self, ask: JudgeAsk) -> Outcome:
        return self._outcome


class Copying(Fake):
    """Repeats the scores that it finds in an answer; what has none is wrong."""

    def answer(self, ask: JudgeAsk) -> Outcome:
        found = re.findall(r'"assistant[12]": (\d+)', ask.candidate)
        return told(*(int(score) for score in found)) if len(found) == 2 else told(8, 1)


class Chance(Fake):
    """Scores that depend on the whole ask and mean nothing, as those of a model of random weights."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self._seed = seed

    def answer(self, ask: JudgeAsk) -> Outcome:
        digest = hashlib.sha256(f"{self._seed}{ask}".encode()).digest()
        return told(digest[0] % 10 + 1, digest[1] % 10 + 1)


class Wavering(Fake):
    """Says another thing each time."""

    def __init__(self) -> None:
        super().__init__()
        self._scores = itertools.cycle([2, 9, 9])

    def answer(self, ask: JudgeAsk) -> Outcome:
        return told(9, next(self._scores))


class OffMenu(Fake):
    """Scores beyond ten."""

    def answer(self, ask: JudgeAsk) -> Outcome:
        return told(11, 11)


class Half(Fake):
    """Verdicts between right and wrong."""

    def answer(self, ask: JudgeAsk) -> Outcome:
        return Outcome("ok", 0.5, "half right")


class Absent(Fake):
    """Has no verdict on what a question says, or on anything."""

    def __init__(self, status: Status, question: str = "", then: Fake | None = None) -> None:
        super().__init__()
        self._status: Status = status
        self._question = question
        self._then = then or Knowing()

    def answer(self, ask: JudgeAsk) -> Outcome:
        return unscored(self._status, "not now") if self._question in ask.question else self._then.answer(ask)
