"""Ready is who has heard of all that its settings want."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from medreward.ingress.readiness import Readiness, Ready


class Far:
    """A service of another process."""

    def __init__(self, *answers: Mapping[str, str] | None) -> None:
        self.silent = False
        self.asked = 0
        self._answers = list(answers)
        self._known: Mapping[str, str] = {}

    def fingerprint(self) -> Mapping[str, str]:
        return self._known

    async def learn(self) -> None:
        self.asked += 1
        await asyncio.sleep(0.01)
        answer = self._answers.pop(0)
        self.silent = answer is None
        self._known = answer or self._known


JUDGE = {"engine": "embedded"}


def test_without_services_it_is_ready() -> None:
    assert asyncio.run(Readiness().look()) == Ready(True, {})


def test_it_is_not_ready_before_all_have_answered_and_asks_them_again() -> None:
    judge, scorer = Far(None, JUDGE), Far({"checkpoint": "c"}, {"checkpoint": "c"})
    readiness = Readiness({"judge": judge, "scorer": scorer})

    async def run() -> None:
        assert await readiness.look() == Ready(False, {"judge": "starting", "scorer": "ready"})
        assert await readiness.look() == Ready(True, {"judge": "ready", "scorer": "ready"})

    asyncio.run(run())


def test_many_who_ask_are_one_question_to_the_services() -> None:
    judge = Far(JUDGE)
    readiness = Readiness({"judge": judge})

    async def run() -> None:
        answers = await asyncio.gather(*(readiness.look() for _ in range(50)))
        assert all(answer.ready for answer in answers)
        await readiness.look()

    asyncio.run(run())
    assert judge.asked == 1


def test_one_that_is_lost_later_is_told_and_does_not_turn_readiness() -> None:
    judge = Far(JUDGE, None)
    readiness = Readiness({"judge": judge})

    async def run() -> None:
        await readiness.learn()
        await readiness.learn()
        assert await readiness.look() == Ready(True, {"judge": "silent"})

    asyncio.run(run())
