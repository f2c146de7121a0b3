from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from medreward.contract import Reference, Result, Retry, Rollout
from medreward_trainer.client import ClientSettings, RequestRefused
from medreward_trainer.client.types import Scored
from medreward_trainer.truth import TruthError, encode
from medreward_trainer.verl.asking import Asking, Verdict
from medreward_trainer.verl.settings import Settings
from tests.unit.trainer.verl.outcomes import component

SETTINGS = Settings(client=ClientSettings(urls=["http://127.0.0.1:1"], recipe="medsage"))
TRUTH = Rollout(question="Which side?", question_type="closed_ended", reference=Reference("left"))


class Service:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Scored | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[Rollout, dict[str, Any]]] = []
        self.stats = SimpleNamespace(flat=lambda: {"rollouts": 1.0})

    async def score(self, rollout: Rollout, **more: Any) -> Scored:
        self.asked.append((rollout, more))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def asking(service: Service) -> Asking:
    return Asking(SETTINGS, TRUTH, "u_0", "u", service)  # type: ignore[arg-type]


def reply(reward: float | None = None, **components: Any) -> Scored:
    return Scored(result=Result(id="u_0", reward=reward, components=components))


GONE = Scored(result=Result(id="u_0", components={}), unscored="unavailable", reason="connection refused")


def test_the_first_answer_is_asked_about_by_the_one_component() -> None:
    service = Service(reply(1.0, semantics=component(1.0)))
    assert asyncio.run(asking(service).answer("left")) == Verdict(True)
    ((rollout, more),) = service.asked
    assert more == {"components": {"semantics": 1.0}}
    assert (rollout.id, rollout.group_id, rollout.response, rollout.retry) == ("u_0", "u", "left", None)


def test_a_wrong_answer_is_wrong() -> None:
    assert asyncio.run(asking(Service(reply(0.0, semantics=component(0.0)))).answer("right")).right is False


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (reply(semantics=component(None, "timeout")), "timeout"),
        (GONE, "unavailable"),
        (RequestRefused("invalid", "question", "is empty"), "refused"),
    ],
)
def test_no_verdict_is_not_wrong(answer: Scored | Exception, status: str) -> None:
    verdict = asyncio.run(asking(Service(answer)).answer("left"))
    assert (verdict.right, verdict.status) == (None, status)
    assert verdict.reason


def test_a_retry_is_scored_as_a_whole() -> None:
    service = Service(reply(3.0, semantics=component(1.0), self_check=component(1.0, weight=0.2)))
    outcome = asyncio.run(asking(service).score("right", Retry(self_check="wrong side", response="left")))
    ((rollout, _),) = service.asked
    assert (rollout.response, rollout.retry) == ("right", Retry(self_check="wrong side", response="left"))
    assert (outcome.reward, outcome.credit, outcome.client) == (3.0, 1.0, {"rollouts": 1.0})


def test_credit_is_what_the_recipe_says_it_is() -> None:
    retry = Retry(self_check="-", response="left")
    says_no = reply(1.0, semantics=component(1.0), self_check=component(0.0, weight=0.2))
    assert asyncio.run(asking(Service(says_no)).score("right", retry)).credit == 0.0
    undecided = reply(1.0, semantics=component(1.0), self_check=component(None, "timeout", 0.2))
    assert asyncio.run(asking(Service(undecided)).score("right", retry)).credit is None
    without = reply(1.0, semantics=component(1.0))
    assert asyncio.run(asking(Service(without)).score("right", retry)).credit == 1.0
    assert asyncio.run(asking(Service(without)).score("left")).credit is None  # there was no retry


def test_a_refusal_is_carried_and_not_raised() -> None:
    outcome = asyncio.run(asking(Service(RequestRefused("unknown_recipe", "recipe", "no such"))).score("left"))
    assert (outcome.status, outcome.reward) == ("refused", None)
    assert "unknown_recipe: recipe: no such" in outcome.reason


@pytest.mark.parametrize("row", [{"uid": "u"}, {"uid": "u", "reward_model": {"ground_truth": "{"}}])
def test_data_that_cannot_be_scored_is_named(row: dict[str, Any]) -> None:
    with pytest.raises(TruthError, match="ground_truth"):
        Asking.of(SETTINGS, row)


def test_each_sample_of_a_question_is_told_apart() -> None:
    row = {"uid": "u", "session_id": 3, "reward_model": {"ground_truth": encode(TRUTH)}}

    async def made() -> Asking:
        return Asking.of(SETTINGS, row)

    assert asyncio.run(made())._sample("left").id == "u_3"


def test_a_recipe_that_does_not_say_is_asked_for_by_the_answer() -> None:
    class Two(Service):
        async def score(self, rollout: Rollout, **more: Any) -> Scored:
            await super().score(rollout, **more)
            return reply(1.0, semantics=component(1.0)) if more.get("components") else reply(0.7, answer=component(0.7))

    service = Two(GONE)
    outcome = asyncio.run(asking(service).score("right", Retry(self_check="-", response="left")))
    assert (outcome.reward, outcome.credit) == (0.7, 1.0)
    assert [rollout.response for rollout, _ in service.asked] == ["right", "left"]
