from __future__ import annotations

import json
import math

import pytest

from medreward.contract import Fingerprint, Result
from medreward_trainer.client.types import Scored
from medreward_trainer.verl.outcome import KEY, Outcome, flat, outcome_of, packed, unpacked
from tests.unit.trainer.verl.outcomes import REVISED, component, scored, unscored

FINGERPRINT = Fingerprint(version="0", recipe="medsage", recipe_hash="h")


def test_a_reply_becomes_an_outcome_with_its_breakdown() -> None:
    result = Result(id="1", reward=2.0, components={"semantics": component(1.0), "format": component(1.0)})
    outcome = outcome_of(Scored(result=result, fingerprint=FINGERPRINT), credit=1.0)
    assert (outcome.status, outcome.reward, outcome.scored, outcome.credit) == ("ok", 2.0, True, 1.0)
    assert set(outcome.components) == {"semantics", "format"}
    assert outcome.fingerprint == outcome_of(Scored(result=result, fingerprint=FINGERPRINT)).fingerprint != ""


def test_a_missing_component_leaves_the_reward_absent_and_says_why() -> None:
    result = Result(id="1", components={"semantics": component(None, "timeout"), "format": component(1.0)})
    outcome = outcome_of(Scored(result=result, fingerprint=FINGERPRINT))
    assert (outcome.status, outcome.reward, outcome.scored) == ("timeout", None, False)
    assert outcome.reason == "semantics: timeout: why"


def test_a_service_that_is_gone_is_an_absent_reward() -> None:
    lost = Scored(result=Result(id="1", components={}), unscored="unavailable", reason="connection refused")
    outcome = outcome_of(lost)
    assert (outcome.status, outcome.reward, outcome.reason) == ("unavailable", None, "connection refused")


@pytest.mark.parametrize("outcome", [scored(0.5, tags=REVISED, credit=0.0, revised=True), unscored("overloaded")])
def test_it_survives_the_way_through_the_queue(outcome: Outcome) -> None:
    plain = json.loads(json.dumps(packed(outcome)))
    assert unpacked({KEY: plain}) == outcome


def test_another_loops_rollout_is_told_apart() -> None:
    with pytest.raises(ValueError, match="its agent loop is none of medreward's"):
        unpacked({"turn_scores": []})


def test_an_absent_value_is_none_in_the_flat_keys_and_counts_as_absent() -> None:
    components = {"semantics": component(None, "timeout"), "format": component(1.0)}
    assert flat(components, None) == {
        "score": None,
        "medreward/semantics": None,
        "medreward/semantics/absent": 1.0,
        "medreward/semantics/status": "timeout",
        "medreward/format": 1.0,
        "medreward/format/absent": 0.0,
        "medreward/format/status": "ok",
    }


def test_keys_are_the_same_whether_or_not_a_value_is_absent() -> None:
    there = flat({"semantics": component(1.0)}, 1.0)
    gone = flat({"semantics": component(None, "timeout")}, None)
    assert there.keys() == gone.keys()
    # verl counts a sample that has no "acc" as 0
    assert "acc" not in there


def test_no_number_stands_for_an_absence() -> None:
    values = [value for value in flat({"a": component(None, "overloaded")}, None).values() if isinstance(value, float)]
    assert all(math.isfinite(value) for value in values)
    assert values == [1.0]  # the share absent
