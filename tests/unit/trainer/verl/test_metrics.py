from __future__ import annotations

import numpy as np
import pytest

from medreward_trainer.verl.advantage import token_advantages
from medreward_trainer.verl.metrics import of_advantages, of_clients, of_outcomes
from medreward_trainer.verl.outcome import Outcome
from tests.unit.trainer.verl.outcomes import MASK, REVISED, component, scored, unscored


def revised(reward: float, credit: float | None) -> Outcome:
    return scored(reward, tags=REVISED, revised=True, first_right=False, credit=credit)


def test_the_unscored_are_in_the_shares_and_in_no_mean() -> None:
    outcomes = [scored(1.0), scored(0.0), scored(1.0), unscored("timeout")]
    metrics = of_outcomes(outcomes, ["a", "a", "b", "b"])
    assert metrics["reward/mean"] == pytest.approx(2 / 3)
    assert metrics["reward/semantics/mean"] == pytest.approx(2 / 3)
    assert metrics["reward/semantics/absent"] == 0.25
    assert metrics["reward/semantics/absent/timeout"] == 0.25
    assert metrics["reward/semantics/absent/unavailable"] == 0.0
    assert metrics["rollouts/unscored"] == 0.25
    assert metrics["rollouts/unscored/timeout"] == 0.25
    assert metrics["groups/fewer_than_two_scored"] == 0.5


def test_a_batch_without_a_reward_has_no_mean() -> None:
    metrics = of_outcomes([unscored(), unscored("refused")], ["a", "a"])
    assert not [name for name in metrics if name.endswith("/mean")]
    assert metrics["rollouts/unscored/refused"] == 0.5


def test_retries_are_counted_where_a_first_answer_was_asked_about() -> None:
    outcomes = [scored(1.0, first_right=True), revised(1.0, 1.0), revised(0.0, 0.0), revised(0.0, None), unscored()]
    metrics = of_outcomes(outcomes, ["a"] * 5)
    assert metrics["retry/first_right"] == 0.25
    assert metrics["retry/revised"] == 0.75
    assert metrics["retry/self_check_success/mean"] == 0.5  # the undecided one is no failure
    assert metrics["retry/credit_undecided"] == pytest.approx(1 / 3)
    assert not [name for name in of_outcomes([scored(1.0)], ["a"]) if name.startswith("retry/")]


def test_advantage_is_alpha_a_token_of_each_success_and_zero_elsewhere() -> None:
    outcomes = [scored(1.0), revised(1.0, 1.0), revised(0.0, 0.0)]
    masks = [[1, 1, 1], MASK, MASK]
    advantages = [
        token_advantages(one.tags, mask, 0.5, revised=one.revised, alpha=0.2, credit=one.credit)
        for one, mask in zip(outcomes, masks, strict=True)
    ]
    metrics = of_advantages(outcomes, advantages)
    assert metrics["advantage/self_check"] == pytest.approx(0.2 * 3)
    assert metrics["advantage/self_check_tokens_credited"] == 3
    assert metrics["advantage/elsewhere"] == 0
    assert metrics["advantage/attempts_magnitude"] == pytest.approx(0.5 * (3 + 2 + 2))


def test_advantage_on_a_token_that_must_have_none_shows() -> None:
    wrong = np.zeros(len(REVISED))
    wrong[0] = -0.25  # the first attempt of a revised rollout
    assert of_advantages([revised(1.0, 1.0)], [wrong])["advantage/elsewhere"] == 0.25


def test_counters_of_workers_are_added_and_taken_once_a_worker() -> None:
    early = scored(1.0, worker="a", client={"rollouts": 1.0, "requests": 1.0, "latency_s/p95": 0.5})
    late = scored(1.0, worker="a", client={"rollouts": 8.0, "requests": 2.0, "latency_s/p95": 0.4})
    other = scored(1.0, worker="b", client={"rollouts": 4.0, "requests": 1.0, "latency_s/p95": 0.7})
    metrics = of_clients([late, early, other])
    assert metrics["client/rollouts"] == 12
    assert metrics["client/requests"] == 3
    assert metrics["client/rollouts_per_request"] == 4
    assert metrics["client/latency_s/p95"] == 0.7


def test_a_component_that_is_credit_has_its_own_mean() -> None:
    outcome = scored(1.0)
    outcome.components["self_check"] = component(1.0, weight=0.2, applies_to="self_check_tokens")
    assert of_outcomes([outcome], ["a"])["reward/self_check/mean"] == 1.0
