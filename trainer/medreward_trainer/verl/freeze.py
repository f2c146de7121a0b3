"""A vision tower that really is frozen: ``medreward.freeze_vision``.

verl 0.9 has a key ``actor.freeze_vision_tower`` that nothing reads. Its engines are looked up by device and vendor, and
the vendor can be named by ``VERL_ENGINE_VENDOR``; so this registers one more engine, under a vendor of our own, that
takes the gradient of everything under ``visual`` away before the weights are sharded and the optimizer is made.

verl imports this module where it is named as ``actor_rollout_ref.model.external_lib``.
"""

from __future__ import annotations

import logging
from typing import Any

from verl.workers.engine.base import EngineRegistry
from verl.workers.engine.fsdp.transformer_impl import FSDPEngineWithLMHead

from medreward_trainer.verl.environment import FROZEN_VISION
from medreward_trainer.verl.errors import ConfigError
from medreward_trainer.verl.logs import show_logs

logger = logging.getLogger(__name__)


@EngineRegistry.register(model_type="language_model", backend="fsdp2", device=["cuda", "npu"], vendor=FROZEN_VISION)
class FrozenVisionEngine(FSDPEngineWithLMHead):  # type: ignore[misc]
    """verl's FSDP2 engine of a vision-language model whose vision tower and projector are not trained."""

    def _build_module(self) -> Any:
        show_logs()
        module = super()._build_module()
        frozen = freeze(module)
        trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
        logger.info("frozen under visual: %d parameters; trained: %d", frozen, trained)
        return module


def freeze(module: Any) -> int:
    """Takes the gradient of everything under ``visual`` away.

    Args:
        module: a model of transformers with its vision tower as ``model.visual`` (or, without a head, ``visual``).

    Returns:
        How many parameters that are.

    Raises:
        ConfigError: the model has no vision tower.
    """
    tower = getattr(getattr(module, "model", module), "visual", None)
    if tower is None:
        raise ConfigError(f"medreward.freeze_vision: {type(module).__name__} has nothing under visual to freeze")
    tower.requires_grad_(False)
    return sum(parameter.numel() for parameter in tower.parameters())
