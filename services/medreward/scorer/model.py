"""The encoder with one number out: loading it, and running it on a batch.

A transformers ``AutoModelForSequenceClassification`` with one label over any backbone; an adapter is merged into the
weights when it is loaded, so that a forward costs what the backbone's does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from medreward.scorer.checkpoint import Checkpoint, CheckpointError, backbone_path, weights_sha256
from medreward.scorer.encoding import Encoded, Encoder

Precision = Literal["float32", "bfloat16"]
_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Model:
    """Logits of encoded trajectories. ``logits`` may be called from several threads at a time."""

    def __init__(self, network: PreTrainedModel, encoder: Encoder, device: torch.device, precision: Precision) -> None:
        self.network: Any = torch.nn.Module.to(network, device=device, dtype=_DTYPES[precision])
        self.network.train(False)
        self.encoder = encoder
        self.device = device
        self.precision = precision
        self._segments = getattr(network.config, "type_vocab_size", 1) > 1

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str = "cpu", precision: Precision = "float32") -> Model:
        """The checkpoint's model, its adapter merged.

        Raises:
            CheckpointError: weights are missing or do not fit, or the backbone is another than it was trained with.
        """
        card = checkpoint.card
        try:
            if checkpoint.adapted:
                source, revision = backbone_path(card.backbone), card.revision
                network = _merged(*_backbone(card.backbone, revision, card.backbone_sha256), checkpoint.path)
            else:
                source, revision = checkpoint.path, ""
                network, new = _from(source, revision)
                _refuse("weights are missing", new)
            encoder = Encoder(_tokenizer(source, revision), card.max_tokens)
        except CheckpointError as error:
            raise CheckpointError(f"{checkpoint.path}: {error}") from error
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
            raise CheckpointError(f"{checkpoint.path}: {type(error).__name__}: {error}") from error
        positions = getattr(network.config, "max_position_embeddings", None)
        if positions is not None and card.max_tokens > positions:
            # on a GPU, the first trajectory of that length would take the whole process with it
            raise CheckpointError(
                f"{checkpoint.path}: max_tokens is {card.max_tokens}, and the backbone knows {positions} positions"
            )
        return cls(network, encoder, torch.device(device), precision)

    def batch(self, batch: Sequence[Encoded], multiple: int = 8) -> dict[str, torch.Tensor]:
        """The network's arguments, padded to the longest, rounded up to a ``multiple``; shapes ``(batch, tokens)``."""
        longest = max(len(item.ids) for item in batch)
        width = min(-(-longest // multiple) * multiple, max(self.encoder.max_tokens, longest))
        ids = torch.full((len(batch), width), self.encoder.pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        segments = torch.zeros_like(ids)
        for row, item in enumerate(batch):
            ids[row, : len(item.ids)] = torch.tensor(item.ids)
            mask[row, : len(item.ids)] = 1
            segments[row, item.first : len(item.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask}
        if self._segments:
            given["token_type_ids"] = segments
        return {name: tensor.to(self.device, non_blocking=True) for name, tensor in given.items()}

    def logits(self, batch: Sequence[Encoded]) -> list[float]:
        """One logit an item, in order, by one forward."""
        with torch.inference_mode():
            logits: torch.Tensor = self.network(**self.batch(batch)).logits
            return logits.float().squeeze(-1).tolist()


def build(backbone: str, revision: str = "", sha256: str = "") -> PreTrainedModel:
    """A backbone with a new head of one number.

    Args:
        backbone: :data:`medreward.scorer.checkpoint.EMBEDDED`, a directory, or a name on the hub.
        revision: on the hub.
        sha256: what its weights must hash to, where they lie in a directory; empty: any.

    Raises:
        CheckpointError: there is no such backbone, or its weights are others.
    """
    network, _ = _backbone(backbone, revision, sha256)
    return network


def tokenizer_of(backbone: str, revision: str = "") -> Any:
    """A backbone's tokenizer.

    Raises:
        CheckpointError: there is no such backbone.
    """
    return _tokenizer(backbone_path(backbone), revision)


def _backbone(backbone: str, revision: str, sha256: str) -> tuple[PreTrainedModel, set[str]]:
    source = backbone_path(backbone)
    if sha256 and isinstance(source, Path) and (found := weights_sha256(source)) != sha256:
        raise CheckpointError(f"backbone {backbone}: its weights are others (sha256 {found[:12]}, not {sha256[:12]})")
    return _from(source, revision)


def _from(source: Path | str, revision: str) -> tuple[PreTrainedModel, set[str]]:
    """The network, and the names of the weights that its files do not hold: they are random, others at each start."""
    try:
        with _quiet():
            config = AutoConfig.from_pretrained(str(source), num_labels=1, **_at(revision))
            model, told = AutoModelForSequenceClassification.from_pretrained(
                str(source),
                config=config,
                dtype=torch.float32,
                use_safetensors=True,  # no other weights are in a checkpoint's hash
                output_loading_info=True,
                **_at(revision),
            )
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"backbone {source}: {error}") from error
    return model, set(told["missing_keys"])


def _merged(network: PreTrainedModel, new: set[str], adapter: Path) -> PreTrainedModel:
    """The network with an adapter merged into it, which must hold whatever is ``new`` in the network.

    Raises:
        CheckpointError: it holds too little, and the rest would be random; or what the network has no place for.
    """
    with safe_open(adapter / "adapter_model.safetensors", framework="pt") as opened:
        there = set(opened.keys())
    _refuse("weights are missing", {f"base_model.model.{name}" for name in new} - there)
    adapted = PeftModel.from_pretrained(network, str(adapter))
    # of "auto", PEFT would ask the hub
    wanted = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    _refuse("weights are missing", wanted - there)
    _refuse("weights have no place", there - wanted)
    merged: PreTrainedModel = adapted.merge_and_unload()
    return merged


def _refuse(why: str, names: set[str]) -> None:
    if names:
        raise CheckpointError(f"{why}: {', '.join(sorted(names)[:5])}")


def _tokenizer(source: Path | str, revision: str) -> Any:
    try:
        return AutoTokenizer.from_pretrained(str(source), **_at(revision))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"backbone {source}: {error}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """A new head is what is wanted here, and no warning; nor is a progress bar for reading one file."""
    hf_logging: Any = logging  # untyped
    verbosity, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        hf_logging.set_verbosity(verbosity)
        if bars:
            hf_logging.enable_progress_bar()


def _at(revision: str) -> dict[str, str]:
    return {"revision": revision} if revision else {}
