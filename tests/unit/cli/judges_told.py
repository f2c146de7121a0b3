"""Judges whose fingerprint becomes known, or changes, while they are asked; and a server that gets another judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, Settings
from medreward.contract.types import JudgeCounts
from medreward.ingress.http import create_app
from medreward.judge import Judge, JudgeAsk, Judged
from medreward.observability.observer import Observer
from medreward.rewards.types import Outcome
from medreward.scoring.deadline import Deadline
from tests.unit.judge.canary.fakes import Fake, told

from .running import running

ONE = {"engine": "told", "model": "one", "revision": "r", "engine_version": "1"}


class Told(Fake):
    """As the ingress sees the judge: it knows what the last answer said. Everything is right."""

    def __init__(self, *identities: Mapping[str, str], known: Mapping[str, str] | None = None) -> None:
        """``identities``: one a call, the last one from then on; ``known``: before the first."""
        super().__init__()
        self._identities = list(identities)
        self._known = dict(known or {})

    def fingerprint(self) -> Mapping[str, str]:
        return self._known

    def answer(self, ask: JudgeAsk) -> Outcome:
        return told(9, 9)

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        done = await super().judge(asks, deadline)
        self._known = dict(self._identities.pop(0) if len(self._identities) > 1 else self._identities[0])
        return done._replace(fingerprint=self._known, counts=JudgeCounts(asked=len(asks), engine_calls=len(asks)))


class Switched:
    """A server that is restarted with another judge, or none, before its score request of number ``after``."""

    def __init__(self, first: Judge | None, second: Judge | None, after: int) -> None:
        self._apps = [_app(first), _app(second)]
        self._left = after

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/v1/score":
            self._left -= 1
        await self._apps[self._left < 0](scope, receive, send)


@contextmanager
def switched(first: Judge | None, second: Judge | None, after: int) -> Iterator[str]:
    """The URL of such a server."""
    with running(Switched(first, second, after)) as server:
        yield server.url


def _app(judge: Judge | None) -> Any:
    settings = Settings()
    return create_app(build_pipeline(settings, judge=judge), build_desk(settings, judge), RequestLimits(), Observer())
