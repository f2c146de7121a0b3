"""The adapter that a checkpoint holds: trained as it is, or extracted from linear layers that were trained whole.

Extraction takes of each layer's change ``D = W' - W`` the ``rank`` largest singular values, the nearest matrix of that
rank (Eckart and Young 1936): ``D ~ B A`` with ``B = U sqrt(S)`` and ``A = sqrt(S) V``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.utils import ModulesToSaveWrapper
from transformers import PreTrainedModel

from medreward.scorer.model import build
from medreward_trainer.scorer.config import TrainingConfig


def to_train(config: TrainingConfig) -> Any:
    """The network of a run, with the weights that it trains free and all others fixed."""
    network = _backbone(config)
    if not config.lora.rank:
        return network
    adapted = _adapted(network, config)
    if not config.lora.extracted:
        return adapted
    free = {f"{name}.weight" for name in _lora(adapted)}
    free |= {f"{name}.{weight}" for name, module in _whole(adapted).items() for weight in module.state_dict()}
    network = _backbone(config)
    for name, weight in network.named_parameters():
        weight.requires_grad = name in free
    return network


def to_keep(trained: Any, config: TrainingConfig) -> Any:
    """The network of a checkpoint, whose adapter has the values that are stored: 16 bits each."""
    if not config.lora.rank:
        return trained
    kept = _extracted(trained, config) if config.lora.extracted else trained
    with torch.no_grad():
        for weight in kept.parameters():
            if weight.requires_grad:
                weight.copy_(weight.half())
    return kept


def save(kept: PeftModel, config: TrainingConfig, out: Path) -> None:
    """Writes the adapter of a network that :func:`to_keep` gave."""
    # where the backbone lay on this machine is nobody else's matter
    kept.peft_config["default"].base_model_name_or_path = config.backbone
    weights = {name: weight.half() for name, weight in kept.state_dict().items()}
    # no vocabulary is trained, and to look for the backbone's own, PEFT would ask the hub
    kept.save_pretrained(str(out), state_dict=weights, save_embedding_layers=False)


def _backbone(config: TrainingConfig) -> PreTrainedModel:
    network = build(config.backbone, config.revision)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = config.dropout
    return network


def _adapted(network: PreTrainedModel, config: TrainingConfig) -> PeftModel:
    lora = LoraConfig(
        task_type="SEQ_CLS",
        r=config.lora.rank,
        lora_alpha=config.lora.alpha,
        lora_dropout=config.lora.dropout,
        target_modules=config.lora.targets or "all-linear",
        modules_to_save=config.lora.also_train or None,
    )
    adapted: PeftModel = get_peft_model(network, lora)
    return adapted


def _extracted(trained: PreTrainedModel, config: TrainingConfig) -> PeftModel:
    adapted = _adapted(build(config.backbone, config.revision), config).to(trained.device)
    learned = trained.state_dict()
    with torch.no_grad():
        for name, layer in _lora(adapted).items():
            change = learned[f"{name}.weight"] - layer.get_base_layer().weight
            u, s, v = torch.linalg.svd(change, full_matrices=False)
            rank = min(config.lora.rank, len(s))
            root = s[:rank].sqrt()
            layer.lora_B["default"].weight.zero_()[:, :rank] = u[:, :rank] * root / layer.scaling["default"]
            layer.lora_A["default"].weight.zero_()[:rank] = root[:, None] * v[:rank]
        for name, module in _whole(adapted).items():
            own = {weight: learned[f"{name}.{weight}"] for weight in module.state_dict()}
            module.load_state_dict(own)
    return adapted


def _lora(adapted: PeftModel) -> dict[str, Any]:
    return {name: one for name, one in _modules(adapted) if isinstance(one, LoraLayer)}


def _whole(adapted: PeftModel) -> dict[str, torch.nn.Module]:
    """The modules that are trained whole, the head among them."""
    wrapped = ((name, one) for name, one in _modules(adapted) if isinstance(one, ModulesToSaveWrapper))
    return {name: one.modules_to_save["default"] for name, one in wrapped}


def _modules(adapted: PeftModel) -> Iterator[tuple[str, torch.nn.Module]]:
    named: Iterator[tuple[str, torch.nn.Module]] = adapted.get_base_model().named_modules()
    return named
