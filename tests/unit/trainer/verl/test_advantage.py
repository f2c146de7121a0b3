from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward_trainer.verl.advantage import EPSILON, group_advantages, token_advantages
from medreward_trainer.verl.segments import CHECK, FIRST, SECOND, TEMPLATE
from tests.unit.trainer.verl.outcomes import MASK, REVISED

REWARDS = st.lists(st.none() | st.floats(-3, 3), min_size=1, max_size=12)


def test_an_absent_reward_counts_in_neither_mean_nor_deviation() -> None:
    # of 1, 1, 0: mean 2/3, deviation with n - 1 sqrt(1/3)
    deviation = math.sqrt(1 / 3) + EPSILON
    advantages = group_advantages(["a"] * 4, [1.0, 1.0, 0.0, None])
    assert advantages == pytest.approx([1 / 3 / deviation, 1 / 3 / deviation, -2 / 3 / deviation, 0.0])
    assert advantages[3] == 0.0
    # a zero in its place would have given others
    assert group_advantages(["a"] * 4, [1.0, 1.0, 0.0, 0.0])[0] != pytest.approx(advantages[0])


def test_groups_do_not_see_each_other() -> None:
    mixed = group_advantages(["a", "b", "a", "b"], [1.0, 5.0, 0.0, 3.0])
    assert mixed[[0, 2]] == pytest.approx(group_advantages(["a", "a"], [1.0, 0.0]))
    assert mixed[[1, 3]] == pytest.approx(group_advantages(["b", "b"], [5.0, 3.0]))


@pytest.mark.parametrize("rewards", [[1.0], [1.0, None, None], [None, None], [0.7, 0.7, 0.7], [0.1, 0.1, None, 0.1]])
def test_without_anything_to_compare_with_there_is_no_advantage(rewards: list[float | None]) -> None:
    assert group_advantages(["a"] * len(rewards), rewards).tolist() == [0.0] * len(rewards)


def test_without_the_deviation_only_the_mean_is_taken_off() -> None:
    assert group_advantages(["a"] * 3, [3.0, 0.0, None], by_std=False).tolist() == [1.5, -1.5, 0.0]


@pytest.mark.parametrize("reward", [math.nan, math.inf])
def test_a_reward_that_is_no_number_is_an_error_and_not_an_absence(reward: float) -> None:
    with pytest.raises(ValueError, match=r"reward 1 is (nan|inf)"):
        group_advantages(["a", "a"], [1.0, reward])


@given(REWARDS)
def test_an_absent_reward_changes_nothing_for_the_others(rewards: list[float | None]) -> None:
    present = [reward for reward in rewards if reward is not None]
    advantages = group_advantages(["a"] * len(rewards), rewards)
    kept = [value for value, reward in zip(advantages, rewards, strict=True) if reward is not None]
    assert kept == pytest.approx(group_advantages(["a"] * len(present), present).tolist())
    assert all(value == 0 for value, reward in zip(advantages, rewards, strict=True) if reward is None)


@given(REWARDS)
def test_the_advantages_of_a_group_add_up_to_nothing(rewards: list[float | None]) -> None:
    assert float(group_advantages(["a"] * len(rewards), rewards).sum()) == pytest.approx(0, abs=1e-6)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=12))
def test_it_is_verls_own_normalisation_where_nothing_is_absent(rewards: list[float]) -> None:
    # verl's compute_grpo_outcome_advantage: torch.std, which is of n - 1, and epsilon 1e-6
    found = np.array(rewards)
    expected = (found - found.mean()) / (found.std(ddof=1) + 1e-6)
    assert group_advantages(["a"] * len(rewards), rewards) == pytest.approx(expected, abs=1e-6)


def test_a_right_first_answer_gets_the_outcome_on_all_its_tokens() -> None:
    advantages = token_advantages([FIRST] * 3, [1, 1, 1], 0.5, revised=False, alpha=0.2, credit=None)
    assert advantages.tolist() == [0.5, 0.5, 0.5]


def test_a_successful_retry_credits_its_self_check_and_the_second_attempt() -> None:
    advantages = token_advantages(REVISED, MASK, -1.5, revised=True, alpha=0.2, credit=1.0)
    assert advantages.tolist() == [0, 0, 0, 0.2, 0.2, 0.2, 0, -1.5, -1.5]


@pytest.mark.parametrize("credit", [0.0, None])
def test_a_retry_that_did_not_help_leaves_its_self_check_at_zero(credit: float | None) -> None:
    advantages = token_advantages(REVISED, MASK, 0.75, revised=True, alpha=0.2, credit=credit)
    assert advantages.tolist() == [0, 0, 0, 0, 0, 0, 0, 0.75, 0.75]


@pytest.mark.parametrize("outcome", [1.5, -1.5])
def test_a_second_attempt_without_a_token_leaves_the_first_at_zero(outcome: float) -> None:
    tags = REVISED[: REVISED.index(SECOND)]
    advantages = token_advantages(tags, MASK[: len(tags)], outcome, revised=True, alpha=0.2, credit=1.0)
    assert advantages.tolist() == [0, 0, 0, 0.2, 0.2, 0.2, 0]


@given(
    st.lists(st.tuples(st.sampled_from([TEMPLATE, FIRST, CHECK, SECOND]), st.sampled_from([0, 1])), max_size=20),
    st.floats(-3, 3),
    st.floats(0, 1),
    st.sampled_from([0.0, 1.0, None]),
    st.booleans(),
)
def test_masked_tokens_and_template_never_get_an_advantage(
    tokens: list[tuple[int, int]], outcome: float, alpha: float, credit: float | None, revised: bool
) -> None:
    tags, mask = [tag for tag, _ in tokens], [one for _, one in tokens]
    advantages = token_advantages(tags, mask, outcome, revised=revised, alpha=alpha, credit=credit)
    final = SECOND if revised else FIRST
    for tag, trained, value in zip(tags, mask, advantages, strict=True):
        expected = {final: outcome, CHECK: alpha * (credit or 0.0)}.get(tag, 0.0) * trained
        assert value == pytest.approx(expected)


def test_tags_and_mask_must_be_of_the_same_tokens() -> None:
    with pytest.raises(ValueError, match="3 tags for 2 tokens"):
        token_advantages([1, 1, 1], [1, 1], 1.0, revised=False, alpha=0.2, credit=None)
