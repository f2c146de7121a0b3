"""Starts a run: verl's own start with our trainer, and an end that says why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from medreward_trainer.verl.environment import environment_of
from medreward_trainer.verl.errors import ConfigError
from medreward_trainer.verl.settings import Settings

AGENTS = Path(__file__).parent / "agents.yaml"
"""names of the agent loops, for verl's workers"""


def run(config: Any, settings: Settings) -> None:
    """Trains until verl is done.

    Args:
        config: omegaconf's ``DictConfig`` of the whole run.
        settings: its section ``medreward``, checked.

    Raises:
        ConfigError: verl refuses the configuration; before Ray starts.
        ServiceGone: the run ended for want of rewards, with a checkpoint.
        Refused: the service refuses what the run sends.
    """
    from omegaconf import OmegaConf, open_dict

    plain = OmegaConf.to_container(config, resolve=True)
    variables = environment_of(plain, settings, os.environ)
    os.environ.update(variables)
    with open_dict(config):
        _with_ours(config, settings, variables)

    # only now: verl reads its environment as it is imported
    import ray
    from verl.trainer.main_ppo import TaskRunnerV1, run_ppo
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config
    from verl.utils.device import auto_set_device

    class Runner(TaskRunnerV1.__ray_metadata__.modified_class):  # type: ignore[misc]
        """verl's, in whose process our trainer is registered."""

        def run(self, config: Any) -> None:
            """As verl's."""
            import medreward_trainer.verl.trainer  # noqa: F401  registers it

            super().run(config)

    auto_set_device(config)
    try:
        validate_config(config, need_reference_policy(config), need_critic(config))
    except (AssertionError, ValueError, KeyError) as error:
        raise ConfigError(f"verl refuses the configuration: {error}") from None
    try:
        run_ppo(config, task_runner_class=ray.remote(Runner))
    finally:
        ray.shutdown()


def _with_ours(config: Any, settings: Settings, variables: dict[str, str]) -> None:
    """What a run needs of verl's keys and what nobody should have to write."""
    agent = config.actor_rollout_ref.rollout.agent
    if agent.agent_loop_config_path is None:
        agent.agent_loop_config_path = str(AGENTS)
    if settings.freeze_vision:
        config.actor_rollout_ref.model.external_lib = "medreward_trainer.verl.freeze"
    init = config.ray_kwargs.setdefault("ray_init", {})
    runtime = init.setdefault("runtime_env", {})
    # for a cluster that runs already; the workers of one that is started here inherit them too
    runtime["env_vars"] = {**variables, **(runtime.get("env_vars") or {})}
