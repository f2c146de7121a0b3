"""The environment variables of a run's processes: which platform and engine verl takes.

They must stand before verl is imported the first time, here and in every process of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from medreward_trainer.verl.settings import Settings, at

FROZEN_VISION: Final = "medreward_frozen_vision"
"""vendor under which the engine with a frozen vision tower is registered"""

_CPU: Final[dict[str, str]] = {
    "VERL_PLATFORM": "cpu",
    "VERL_USE_EXTERNAL_MODULES": "medreward_trainer.verl.cpu",
    "VERL_ENGINE_DEVICE": "cuda",  # verl registers its FSDP engine for accelerators; it runs on the CPU as it is
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "RAY_memory_monitor_refresh_ms": "0",  # it counts the page cache of a small machine as used, and kills workers
}


def environment_of(config: Mapping[str, Any], settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """What to set for a run.

    Args:
        config: the whole configuration as plain containers.
        settings: its section ``medreward``.
        given: what the environment holds already; a user's own choice is kept.
    """
    wanted = {
        "TENSORBOARD_DIR": str(Path(str(at(config, "trainer.default_local_dir"))) / "tensorboard"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "VLLM_NO_USAGE_STATS": "1",
    }
    if at(config, "trainer.device") == "cpu":
        wanted |= _CPU
    wanted = {name: given.get(name, value) for name, value in wanted.items()}
    if settings.freeze_vision:
        wanted["VERL_ENGINE_VENDOR"] = FROZEN_VISION
    return wanted
