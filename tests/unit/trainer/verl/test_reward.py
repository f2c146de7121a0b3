from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from medreward.contract import Reference, Result, Rollout
from medreward_trainer.client.types import Scored
from medreward_trainer.truth import TruthError, encode
from medreward_trainer.verl import reward
from medreward_trainer.verl.errors import ConfigError, Unscored
from tests.unit.trainer.verl.outcomes import component

TRUTH = encode(Rollout(question="Which side?", question_type="closed_ended", reference=Reference("left")))


def answering(monkeypatch: pytest.MonkeyPatch, scored: Scored) -> list[Any]:
    asked: list[Any] = []

    async def score(rollout: Rollout) -> Scored:
        asked.append(rollout)
        return scored

    def client_of(settings: Any) -> Any:
        asked.append(settings)
        return SimpleNamespace(score=score)

    monkeypatch.setattr(reward, "client_of", client_of)
    return asked


def score(**settings: Any) -> dict[str, Any]:
    given = {"endpoint": "http://rewards:8000", "recipe": "gemex", "ground_truth": TRUTH, **settings}
    return asyncio.run(reward.compute_score("slake", "left", extra_info={}, **given))


def test_a_reward_comes_with_its_components(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Result(id="1", reward=1.0, components={"semantics": component(1.0), "grounding": component(0.0)})
    asked = answering(monkeypatch, Scored(result=result))
    found = score(deadline_s=9)
    settings, rollout = asked
    assert (settings.urls, settings.recipe, settings.deadline_s) == (["http://rewards:8000"], "gemex", 9)
    assert rollout.response == "left"
    assert found["score"] == 1.0
    assert found["medreward/grounding"] == 0.0


@pytest.mark.parametrize(
    ("scored", "why"),
    [
        (Scored(result=Result(id="1", components={"semantics": component(None, "timeout")})), "timeout: semantics"),
        (Scored(result=Result(id="1", components={}), unscored="unavailable", reason="gone"), "unavailable: gone"),
    ],
)
def test_without_a_reward_there_is_an_error_and_no_number(
    monkeypatch: pytest.MonkeyPatch, scored: Scored, why: str
) -> None:
    answering(monkeypatch, scored)
    with pytest.raises(Unscored, match=why):
        score()


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"endpoint": ""}, "urls"),
        ({"recipe": ""}, "recipe"),
        ({"dead_line": 3}, "dead_line"),
        ({"deadline_s": 0}, "deadline_s"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigError, match=rf"reward_kwargs: {name}"):
        score(**wrong)


def test_foreign_ground_truth_is_named() -> None:
    with pytest.raises(TruthError, match="ground_truth"):
        score(ground_truth="B")
