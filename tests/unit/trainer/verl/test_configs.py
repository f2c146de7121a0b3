from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from medreward_trainer.verl.errors import ConfigError

pytestmark = pytest.mark.skipif(importlib.util.find_spec("verl") is None, reason="verl is not installed")
GIVEN = ["actor_rollout_ref.model.path=model", f"data.train_files={__file__}", f"data.val_files={__file__}"]


def composed(name: str, *overrides: str) -> Any:
    from omegaconf import OmegaConf

    from medreward_trainer.verl.compose import compose

    return OmegaConf.to_container(compose(name, [*GIVEN, *overrides]), resolve=True)


@pytest.mark.parametrize("layout", ["h100x8", "h200x1", "tiny-cpu"])
@pytest.mark.parametrize("name", ["gemex", "medsage", "tiny-cpu"])
def test_every_shipped_configuration_is_valid_in_every_layout(name: str, layout: str) -> None:
    from medreward_trainer.verl.settings import checked

    settings = checked(composed(name, f"layout={layout}"))
    assert settings.client.recipe == ("medsage" if name == "medsage" else "gemex")


def test_gemex_has_the_papers_values() -> None:
    config = composed("gemex")
    actor, rollout = config["actor_rollout_ref"]["actor"], config["actor_rollout_ref"]["rollout"]
    assert (rollout["n"], actor["kl_loss_coef"], actor["clip_ratio"]) == (8, 1e-3, 0.2)
    assert (actor["optim"]["lr"], config["data"]["train_batch_size"], actor["ppo_mini_batch_size"]) == (2e-6, 128, 128)
    assert config["trainer"]["total_epochs"] == 1


def test_medsage_has_the_papers_values() -> None:
    config = composed("medsage")
    actor, rollout, ours = (
        config["actor_rollout_ref"]["actor"],
        config["actor_rollout_ref"]["rollout"],
        config["medreward"],
    )
    assert (rollout["n"], actor["optim"]["lr"], config["trainer"]["total_epochs"]) == (6, 1e-5, 8)
    assert (ours["alpha"], ours["freeze_vision"], ours["retry"]["attempt_tokens"]) == (0.20, True, 1024)
    assert config["data"]["max_prompt_length"] + ours["retry"]["attempt_tokens"] == 2048


@pytest.mark.parametrize("override", ["layout=none", "data.no_such_key=1", "a=b=c"])
def test_a_wrong_override_is_told_in_one_line(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        composed("gemex", override)
    assert "\n" not in str(caught.value)
    assert override.split("=")[0].split(".")[-1] in str(caught.value)


def test_a_key_of_ours_that_no_file_mentions_can_be_set_and_is_checked() -> None:
    from medreward_trainer.verl.settings import checked

    assert checked(composed("gemex", "medreward.outage.rounds=7")).outage.rounds == 7
    with pytest.raises(ConfigError, match=r"medreward\.outage\.round: is not a key"):
        checked(composed("gemex", "medreward.outage.round=7"))
