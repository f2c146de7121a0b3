"""A configuration file and overrides -> the run's configuration.

The files in ``medreward_trainer/configs`` build on verl's own ``ppo_trainer``; every key of verl's can be overridden.
verl's folder is found without importing verl, since its environment is not set yet.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medreward_trainer.verl.errors import ConfigError

CONFIGS = Path(__file__).parents[1] / "configs"
RECIPES = ("gemex", "medsage", "tiny-cpu")
"""what ``--config-name`` may be of the files shipped"""


def compose(name: str, overrides: Sequence[str], directory: Path | None = None) -> Any:
    """The configuration, as omegaconf's ``DictConfig``.

    Args:
        name: of a file, without its ending.
        overrides: ``key=value``, ``+key=value``, ``~key``, ``group=name`` (hydra's grammar).
        directory: folder of further configuration files, looked in before ours.

    Raises:
        ConfigError: verl is missing, or a name, key or value is wrong.
    """
    spec = importlib.util.find_spec("verl")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("verl is not installed: pip install 'medreward[train]'")
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    verl = Path(spec.submodule_search_locations[0]) / "trainer" / "config"
    first = (directory or CONFIGS).resolve()
    path = ",".join(f"file://{folder}" for folder in (CONFIGS, verl) if folder != first)
    try:
        with initialize_config_dir(str(first), job_name="medreward", version_base=None):
            return hydra_compose(name, [f"hydra.searchpath=[{path}]", *map(_addable, overrides)])
    except (HydraException, OmegaConfBaseException) as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        raise ConfigError(" ".join(f"{error}{cause}".split())) from None


def _addable(override: str) -> str:
    """Our own section is checked by its types, so any key of it may be set, also one that no file mentions."""
    return f"++{override}" if override.startswith("medreward.") else override
