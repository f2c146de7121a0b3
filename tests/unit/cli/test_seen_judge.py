"""What is known of a judge, and what counts as another one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medreward.cli.client import judge_of
from medreward.cli.seen_judge import SeenJudge, differences, merged, of_service, shown
from medreward.cli.types import Fingerprint, Reply, Service
from medreward.contract.codec import Limits
from medreward.contract.types import ScoreRequest

from .judges_told import ONE

VERDICTS = {"asked": 3, "engine_calls": 2, "failed": 1}
FAILURES = {"asked": 3, "failed": 3}
WITHOUT_VERSION = {name: value for name, value in ONE.items() if name != "engine_version"}


class Served:
    """A backend that says this of its judge."""

    def __init__(self, reply: Fingerprint | None, service: Fingerprint | None, counts: dict[str, int] | None) -> None:
        self._reply = Reply([], "1", "2", reply, counts)
        self._judge = service
        self.asked_for_service = 0

    async def service(self) -> Service:
        self.asked_for_service += 1
        return Service("1", Limits(), self._judge)

    async def recipes(self) -> dict[str, Any]:
        return {}

    async def score(self, request: ScoreRequest) -> Reply:
        return self._reply


def seen(known: Fingerprint | None) -> SeenJudge:
    return SeenJudge(Served(None, None, None), known)


def reply(judge: Fingerprint | None, counts: dict[str, int] | None = VERDICTS) -> Reply:
    return Reply([], "1", "2", judge, counts)


@pytest.mark.parametrize(
    ("said", "judge"),
    [
        ({"status": "unavailable"}, {}),
        ({"status": "configured"}, None),
        ({"status": "configured", **ONE}, ONE),
    ],
)
def test_info_tells_none_from_one_that_has_not_said_what_it_is(said: dict[str, str], judge: Fingerprint | None) -> None:
    assert judge_of(said) == judge


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (ONE, ONE, []),
        (ONE, WITHOUT_VERSION, []),
        (WITHOUT_VERSION, ONE, []),
        (None, ONE, []),
        (ONE, None, []),
        (None, {}, []),
        ({}, {}, []),
        (ONE, ONE | {"model": "two", "revision": ""}, ["judge.model one, now two", "judge.revision r, now -"]),
        (ONE, ONE | {"engine_version": "2"}, ["judge.engine_version 1, now 2"]),
        (ONE, ONE | {"within": "2"}, ["judge.within -, now 2"]),
        (ONE, {}, ["judge told (model one, revision r, engine_version 1), now none"]),
        ({}, {"engine": "told"}, ["judge none, now told"]),
    ],
)
def test_differences_are_named_and_what_is_not_known_is_none(
    before: Fingerprint | None, now: Fingerprint | None, said: list[str]
) -> None:
    assert differences(before, now) == said


def test_merged_keeps_all_that_is_known() -> None:
    assert merged(None, None) is None
    assert merged(None, {}) == merged({}, None) == {}
    assert merged(ONE, WITHOUT_VERSION) == merged(WITHOUT_VERSION, ONE) == merged(None, ONE) == ONE


def test_shown_in_a_few_words() -> None:
    assert shown(None) == "not known"
    assert shown({}) == "none"
    assert shown({"engine": "embedded", "revision": "", "order": "shared"}) == "embedded"
    assert shown(ONE) == "told (model one, revision r, engine_version 1)"


def test_the_version_is_taken_from_verdicts_only() -> None:
    judge = seen(of_service(Service("1", Limits(), ONE | {"engine_version": "unknown"})))
    assert judge.known == WITHOUT_VERSION
    for counts in (None, {}, FAILURES):
        assert judge.take(reply(ONE | {"engine_version": "unknown"}, counts)) == []
    assert (judge.known, judge.told) == (WITHOUT_VERSION, False)
    assert judge.take(reply(ONE)) == []
    assert (judge.known, judge.told) == (ONE, True)
    # a replica that asked nobody since the start
    assert judge.take(reply(ONE | {"engine_version": "unknown"}, None)) == []
    assert judge.take(reply(ONE | {"engine_version": "2"})) == ["judge.engine_version 1, now 2"]
    assert judge.known == ONE


def test_a_reply_without_verdicts_of_another_model_differs() -> None:
    assert seen(ONE).take(reply(ONE | {"model": "two"}, None)) == ["judge.model one, now two"]


def test_a_reply_that_says_nothing_changes_nothing() -> None:
    for known in (None, {}, ONE):
        judge = seen(known)
        assert judge.take(reply(None, None)) == judge.take(reply(None, FAILURES)) == []
        assert judge.known == known


@pytest.mark.parametrize(
    ("known", "counts", "asked"), [(ONE, None, 1), (None, None, 1), ({}, None, 0), (ONE, FAILURES, 0)]
)
def test_the_service_is_asked_where_a_reply_may_mean_that_there_is_no_judge(
    known: Fingerprint | None, counts: dict[str, int] | None, asked: int
) -> None:
    served = Served(None, {}, counts)
    judge = SeenJudge(served, known)
    told = asyncio.run(judge.score(ScoreRequest()))
    assert served.asked_for_service == asked
    assert told.judge == ({} if asked else None)
    assert bool(judge.take(told)) == (known == ONE and asked == 1)
