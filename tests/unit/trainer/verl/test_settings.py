from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from medreward_trainer.verl.errors import ConfigError
from medreward_trainer.verl.settings import checked, settings_of


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    """The least that a run needs."""
    data = tmp_path / "train.parquet"
    data.touch()
    return {
        "medreward": {"client": {"urls": ["http://127.0.0.1:8000"], "recipe": "medsage"}},
        "algorithm": {"adv_estimator": "grpo", "use_kl_in_reward": False},
        "trainer": {"use_v1": True, "v1": {"trainer_mode": "medreward"}},
        "data": {"train_files": str(data), "val_files": [str(data)], "max_response_length": 3000},
        "actor_rollout_ref": {
            "model": {"path": "model"},
            "actor": {"strategy": "fsdp2"},
            "rollout": {"n": 6, "agent": {"default_agent_loop": "medsage"}},
        },
    }


def put(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    found = config = copy.deepcopy(config)
    *parents, last = path.split(".")
    for name in parents:
        found = found.setdefault(name, {})
    found[last] = value
    return config


def test_the_paper_s_alpha_is_the_default(config: dict[str, Any]) -> None:
    assert checked(config).alpha == 0.20


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("medreward.alpha", -0.1),
        ("medreward.retry.check_tokens", 0),
        ("medreward.retry.tokens", 3),
        ("medreward.outage.unscored_share", 1.0),
        ("medreward.outage.wait_limit_s", 0),
        ("medreward.client.deadline_s", "soon"),
        ("medreward.client.api_key", "secret-value"),
        ("trainer.v1.trainer_mode", "sync"),
        ("algorithm.adv_estimator", "gae"),
        ("algorithm.use_kl_in_reward", True),
        ("algorithm.filter_groups.enable", True),
        ("trainer.v1.sampler.sync_refill_failed_groups", True),
        ("actor_rollout_ref.actor.freeze_vision_tower", True),
        ("actor_rollout_ref.rollout.n", 1),
        ("actor_rollout_ref.model.path", "???"),
        ("data.train_files", "nowhere.parquet"),
        ("data.val_files", None),
        ("data.max_response_length", 2432),
    ],
)
def test_what_is_wrong_is_named(config: dict[str, Any], path: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{path}: ") as caught:
        checked(put(config, path, value))
    assert "secret-value" not in str(caught.value)


def test_every_wrong_key_is_named_at_once(config: dict[str, Any]) -> None:
    broken = put(put(config, "algorithm.adv_estimator", "gae"), "actor_rollout_ref.rollout.n", 1)
    with pytest.raises(ConfigError, match=r"adv_estimator.*rollout\.n"):
        checked(broken)


def test_the_section_is_required(config: dict[str, Any]) -> None:
    del config["medreward"]
    with pytest.raises(ConfigError, match="medreward: this section is required"):
        checked(config)


def test_frozen_weights_need_the_sharding_that_keeps_them_apart(config: dict[str, Any]) -> None:
    frozen = put(config, "medreward.freeze_vision", True)
    assert checked(frozen).freeze_vision
    with pytest.raises(ConfigError, match=r"must be fsdp2 with medreward\.freeze_vision"):
        checked(put(frozen, "actor_rollout_ref.actor.strategy", "fsdp"))


def test_the_budget_of_a_retry_does_not_bind_a_single_turn(config: dict[str, Any]) -> None:
    single = put(config, "actor_rollout_ref.rollout.agent.default_agent_loop", "medreward")
    checked(put(single, "data.max_response_length", 64))


def test_remote_data_is_not_looked_for_here(config: dict[str, Any]) -> None:
    checked(put(config, "data.train_files", "hdfs://somewhere/train.parquet"))


def test_waits_must_grow(config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"medreward\.outage: .*first_wait_s is longer"):
        settings_of(put(config, "medreward.outage.first_wait_s", 500))
