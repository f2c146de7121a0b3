"""The count itself: an invented value is detected, and so is a lost rollout."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from medreward.config import load_settings
from medreward.contract import types as t
from tests.faults.ends import Blind, End, count
from tests.faults.oracle import Oracle, undisturbed
from tests.faults.rollouts import recipe_of, rollout
from tests.tiny_scorer import build

NUMBERS = range(16)
SENSELESS = 9  # of a question type that there is none
JUDGED = 2  # by gemex, which needs the judge for it
BOTH = 3  # by medsage, which needs the scorer too
SHORT_CUT = 1  # its retry is the reference, word for word: no judge need be asked


def made(directory: Path, seed: int) -> Oracle:
    settings = load_settings(scorer={"checkpoint": str(build(directory / str(seed), seed=seed))})
    return asyncio.run(undisturbed(settings, {number: rollout(number) for number in NUMBERS}, recipe_of))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    return made(tmp_path_factory.mktemp("oracle"), 1)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    return made(tmp_path_factory.mktemp("other"), 2)


def right(oracle: Oracle, number: int, **changed: Any) -> End:
    """An end as the undisturbed service gives it, but for what is changed."""
    (variant,) = oracle.variants
    told = t.Fingerprint("1", recipe_of(number), "", dict(variant.judge), dict(variant.scorer))
    given = {"at": 2.0, "result": variant.results[number], "fingerprint": told, **changed}
    return End(number, "http", 1.0, **given)


def with_component(result: t.Result, name: str, reward: float | None = None, **changed: Any) -> t.Result:
    component = msgspec.structs.replace(result.components[name], **changed)
    given = {} if reward is None else {"reward": reward}
    return msgspec.structs.replace(result, components={**result.components, name: component}, **given)


def result_of(oracle: Oracle, number: int) -> t.Result:
    return oracle.variants[0].results[number]


def test_what_is_right_is_scored_and_neither_lost_nor_invented(oracle: Oracle) -> None:
    found = count([right(oracle, number) for number in NUMBERS], oracle)
    assert (found.sent, found.scored, found.lost, found.invented, found.wrong) == (16, 15, 0, 0, [])
    assert (found.absent, found.senseless) == ({"invalid_input": 1}, 1)


def test_a_rollout_that_nothing_came_back_of_is_lost(oracle: Oracle) -> None:
    found = count([End(JUDGED, "http", 1.0), End(BOTH, "client", 1.0, at=2.0, lost="timeout")], oracle)
    assert (found.lost, found.scored) == (2, 0)
    assert "timeout" in found.wrong[1]


def test_a_typed_refusal_is_not_lost(oracle: Oracle) -> None:
    found = count([End(JUDGED, "http", 1.0, at=2.0, refused="overloaded")], oracle)
    assert (found.lost, found.refused) == (0, {"overloaded": 1})


@pytest.mark.parametrize("name", ["semantics", "format", "consistency"])
def test_another_value_of_any_component_is_invented(oracle: Oracle, name: str) -> None:
    was = result_of(oracle, BOTH)
    value = was.components[name].value
    assert value is not None
    changed = with_component(was, name, value=value + 2e-4)
    assert count([right(oracle, BOTH, result=changed)], oracle).invented == 1


def test_a_score_within_its_tolerance_is_none(oracle: Oracle) -> None:
    was = result_of(oracle, BOTH)
    value = was.components["consistency"].value
    assert value is not None
    assert (
        count([right(oracle, BOTH, result=with_component(was, "consistency", value=value + 5e-5))], oracle).invented
        == 0
    )


def test_a_verdict_has_no_such_tolerance(oracle: Oracle) -> None:
    was = result_of(oracle, JUDGED)
    value = was.components["semantics"].value
    assert value is not None
    assert (
        count([right(oracle, JUDGED, result=with_component(was, "semantics", value=value + 5e-5))], oracle).invented
        == 1
    )


def test_a_reward_that_is_not_that_of_its_components_is_invented(oracle: Oracle) -> None:
    was = result_of(oracle, JUDGED)
    assert was.reward is not None
    changed = msgspec.structs.replace(was, reward=was.reward + 1)
    assert count([right(oracle, JUDGED, result=changed)], oracle).invented == 1


def test_a_failure_that_carries_a_number_is_invented(oracle: Oracle) -> None:
    changed = with_component(result_of(oracle, JUDGED), "semantics", status="timeout", value=0.0)
    assert count([right(oracle, JUDGED, result=changed)], oracle).invented == 1


def test_a_reward_without_one_of_its_components_is_invented(oracle: Oracle) -> None:
    changed = with_component(result_of(oracle, JUDGED), "semantics", status="timeout", value=None)
    assert count([right(oracle, JUDGED, result=changed)], oracle).invented == 1


def test_an_absent_component_with_an_absent_reward_is_only_absent(oracle: Oracle) -> None:
    changed = with_component(result_of(oracle, JUDGED), "semantics", status="timeout", value=None)
    found = count([right(oracle, JUDGED, result=msgspec.structs.replace(changed, reward=None))], oracle)
    assert (found.invented, found.absent) == (0, {"timeout": 1})


def test_an_absent_reward_without_an_absent_component_is_lost(oracle: Oracle) -> None:
    changed = msgspec.structs.replace(result_of(oracle, JUDGED), reward=None)
    found = count([right(oracle, JUDGED, result=changed)], oracle)
    assert (found.lost, found.scored, found.absent) == (1, 0, {})
    assert "no component is missing" in found.wrong[0]


def test_a_rule_may_be_absent_for_want_of_time_alone(oracle: Oracle) -> None:
    assert "format" in oracle.rules(BOTH)
    assert not {"semantics", "consistency"} & {*oracle.rules(BOTH), *oracle.rules(SHORT_CUT)}
    for status, lost in (("timeout", 0), ("overloaded", 0), ("unavailable", 1), ("invalid_input", 1)):
        changed = with_component(result_of(oracle, BOTH), "format", status=status, value=None)
        found = count([right(oracle, BOTH, result=msgspec.structs.replace(changed, reward=None))], oracle)
        assert (found.lost, found.absent.total(), found.invented) == (lost, 1 - lost, 0), status


def test_what_nobody_can_score_is_absent_and_not_lost(oracle: Oracle) -> None:
    found = count([right(oracle, SENSELESS)], oracle)
    assert (found.lost, found.absent, found.senseless) == (0, {"invalid_input": 1}, 1)


def test_the_latest_answer_is_told_by_its_lateness(oracle: Oracle) -> None:
    ends = [right(oracle, JUDGED, due=due) for due in (0.5, 1.75, 3.0)]
    assert count(ends, oracle).late_s == 1.5
    assert count(ends[2:], oracle).late_s == 0.0
    assert count([End(JUDGED, "http", 1.0, due=0.5)], oracle).late_s == 0.0  # none came


def test_a_value_of_what_nobody_can_score_is_invented(oracle: Oracle) -> None:
    changed = with_component(result_of(oracle, SENSELESS), "format", status="ok", value=1.0)
    assert count([right(oracle, SENSELESS, result=changed)], oracle).invented == 1


def test_the_result_of_another_rollout_is_invented(oracle: Oracle) -> None:
    assert count([right(oracle, JUDGED, result=result_of(oracle, 4))], oracle).invented == 1


def test_a_value_by_an_unknown_scorer_is_invented(oracle: Oracle, other: Oracle) -> None:
    assert count([right(other, BOTH)], oracle).invented == 1
    assert count([right(other, BOTH), right(oracle, BOTH)], oracle | other).invented == 0


def test_a_value_of_one_scorer_in_a_reply_that_names_another_is_invented(oracle: Oracle, other: Oracle) -> None:
    assert count([right(oracle, BOTH, result=result_of(other, BOTH))], oracle | other).invented == 1


def test_a_verdict_in_a_reply_that_knows_no_judge_is_invented(oracle: Oracle) -> None:
    def told(judge: Mapping[str, str]) -> t.Fingerprint:
        return t.Fingerprint("1", "gemex", "", dict(judge))

    assert count([right(oracle, JUDGED, fingerprint=told({}))], oracle).invented == 1
    assert count([right(oracle, JUDGED, fingerprint=told(oracle.variants[0].judge))], oracle).invented == 0


def test_a_verdict_while_the_judge_gave_nothing_is_invented(oracle: Oracle) -> None:
    ends = [right(oracle, JUDGED)]
    assert count(ends, oracle, [Blind("judge", 0.5, 2.5)]).invented == 1
    assert count(ends, oracle, [Blind("scorer", 0.5, 2.5)]).invented == 0


def test_a_verdict_asked_for_before_or_answered_after_that_is_none(oracle: Oracle) -> None:
    ends = [right(oracle, JUDGED)]
    assert count(ends, oracle, [Blind("judge", 1.5, 2.5), Blind("judge", 0.5, 1.5)]).invented == 0


def test_what_needs_no_judge_may_be_scored_without_one(oracle: Oracle) -> None:
    assert "semantics" not in oracle.needs(SHORT_CUT, "judge")
    assert "semantics" in oracle.needs(BOTH, "judge")
