"""A judge of known character behind the command line: in this process, or behind a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from medreward import assembly
from medreward.assembly import build_desk, build_pipeline
from medreward.config import RequestLimits, Settings
from medreward.ingress.http import create_app
from medreward.judge.settings import JudgeSettings
from medreward.observability.observer import Observer
from tests.unit.judge.canary.fakes import Fake

from .running import running

Seat = Callable[[Fake], None]


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Seat:
    """Puts a judge in place of the one that the settings describe."""

    def put(judge: Fake) -> None:
        def build(settings: JudgeSettings) -> Fake:
            return judge

        monkeypatch.setattr(assembly, "build_judge", build)

    return put


@contextmanager
def judging(judge: Fake) -> Iterator[str]:
    """The URL of a real server over ``judge``."""
    settings = Settings()
    pipeline, desk = build_pipeline(settings, judge=judge), build_desk(settings, judge)
    with running(create_app(pipeline, desk, RequestLimits(), Observer())) as server:
        yield server.url
