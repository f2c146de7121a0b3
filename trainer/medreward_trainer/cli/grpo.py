"""``medreward-train grpo``: reinforcement learning with rewards from the service, by verl."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

GONE = 75
"""exit code of a run that ended because rewards stayed away: EX_TEMPFAIL, the same command goes on later"""


def grpo(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Any key of the configuration, verl's too (hydra's grammar)."),
    ] = None,
    config_name: Annotated[
        str, typer.Option(help="gemex, medsage, tiny-cpu, or a file of --config-dir without its ending.")
    ] = "gemex",
    config_dir: Annotated[
        Path | None, typer.Option(help="Folder with configuration files of your own.", exists=True, file_okay=False)
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the whole configuration as YAML, and stop.")] = False,
) -> None:
    """Train a policy with GRPO; every reward comes from the running service.

    The keys that must be given: actor_rollout_ref.model.path, data.train_files, data.val_files (parquet files of
    'medreward-train data') and, unless the service is on this machine, medreward.client.urls=[http://host:8000]. Its
    API key belongs in the environment: MEDREWARD_API_KEY.

    \b
    Groups:
      layout=h200x1        one H200
      layout=h100x8        one node of eight H100
      layout=tiny-cpu      no GPU: for tests, with a model made for them

    \b
    Often changed:
      trainer.logger=[console,tensorboard,wandb]   where metrics go
      trainer.rollout_data_dir=DIR     one line of JSON a rollout: what was written, what it got, and why
      trainer.default_local_dir=DIR    checkpoints; the same command goes on from the last one
      medreward.outage.wait_limit_s=600   how long the service is waited for before the run stops

    \b
    Exit codes: 0 done; 2 the configuration or the data make no sense; 75 rewards stayed away, a checkpoint was saved
    and the same command goes on from there; 130 interrupted.

    \b
    Example:
      medreward-train grpo --config-name medsage layout=h100x8 actor_rollout_ref.model.path=Qwen/Qwen2.5-VL-7B-Instruct
        data.train_files=slake/train.parquet data.val_files=slake/validation.parquet
    """
    # here, not above: --help should not wait for torch
    from medreward_trainer.verl.compose import compose
    from medreward_trainer.verl.errors import ConfigError, Refused, ServiceGone
    from medreward_trainer.verl.settings import checked

    try:
        config = compose(config_name, overrides or [], config_dir)
        from omegaconf import OmegaConf

        if show:
            print(OmegaConf.to_yaml(config))
            return
        settings = checked(OmegaConf.to_container(config, resolve=True))
        from medreward_trainer.verl.main import run

        run(config, settings)
    except (ConfigError, Refused) as error:
        _exit(error, 2)
    except ServiceGone as error:
        _exit(error, GONE)
    except KeyboardInterrupt:
        _exit("interrupted", 130)


def _exit(error: Exception | str, code: int) -> None:
    # what crossed a process border carries that process's traceback before its own message
    message = str(getattr(error, "cause", error))
    print(f"medreward-train: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(code) from None
