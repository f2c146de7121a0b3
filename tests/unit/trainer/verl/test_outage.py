from __future__ import annotations

import logging
from typing import NamedTuple

import pytest

from medreward_trainer.verl.errors import Refused, ServiceGone
from medreward_trainer.verl.outage import told, verdict_on, wait_until_ready
from medreward_trainer.verl.settings import Outage
from tests.unit.trainer.verl.outcomes import scored, unscored

HALF = Outage(unscored_share=0.5)


class Readiness(NamedTuple):
    ready: bool
    reason: str


def test_a_batch_with_enough_rewards_is_trained_on() -> None:
    assert verdict_on([scored(1.0), unscored()], HALF) == "train"
    assert verdict_on([scored(1.0)] * 4, Outage(unscored_share=0)) == "train"


def test_a_batch_with_too_few_rewards_is_not() -> None:
    assert verdict_on([scored(1.0), unscored(), unscored()], HALF) == "again"
    assert verdict_on([scored(1.0)] * 9 + [unscored()], Outage(unscored_share=0)) == "again"


def test_a_batch_without_any_reward_is_never_trained_on() -> None:
    assert verdict_on([unscored()], Outage(unscored_share=0.99)) == "again"


def test_a_refusal_ends_the_run() -> None:
    with pytest.raises(Refused, match="gone"):
        verdict_on([scored(1.0)] * 9 + [unscored("refused")], HALF)


def test_what_is_missing_is_told_by_status() -> None:
    assert told([scored(1.0), unscored("timeout"), unscored("timeout"), unscored()]) == (
        "3 of 4 rollouts have no reward: 2 timeout (gone); 1 unavailable (gone)"
    )


def test_the_service_is_waited_for_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    answers = [Readiness(False, "connection refused"), Readiness(False, "judge is loading"), Readiness(True, "")]
    waits: list[float] = []
    limits: list[float] = []

    async def probe(limit_s: float) -> Readiness:
        limits.append(limit_s)
        return answers.pop(0)

    with caplog.at_level(logging.WARNING):
        wait_until_ready(probe, Outage(first_wait_s=1, longest_wait_s=60), "the rewards", sleep=waits.append)
    assert len(waits) == 2
    assert [record.message.split(";")[0] for record in caplog.records] == [
        "waiting for the rewards: connection refused",
        "waiting for the rewards: judge is loading",
        "ready again: the rewards, after 0 seconds",
    ]
    assert limits[0] < limits[1] == limits[2]  # that it is gone is in the log soon
    assert 1 <= waits[0] <= 2 <= waits[1] <= 3


def test_a_service_that_is_there_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async def probe(_: float) -> Readiness:
        return Readiness(True, "")

    with caplog.at_level(logging.INFO):
        wait_until_ready(probe, Outage(), "the rewards", sleep=lambda _: pytest.fail("waited"))
    assert not caplog.records


def test_waiting_has_an_end_that_says_what_was_in_the_way() -> None:
    async def probe(_: float) -> Readiness:
        return Readiness(False, "connection refused")

    settings = Outage(wait_limit_s=0.05, first_wait_s=0.01, longest_wait_s=0.01)
    with pytest.raises(ServiceGone, match="for the rewards: connection refused"):
        wait_until_ready(probe, settings, "the rewards", sleep=lambda _: None)
