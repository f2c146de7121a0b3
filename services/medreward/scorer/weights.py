"""A checkpoint, ready to score: its encoder, its forward, its calibration. Importing this page loads torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from medreward.scorer.encoding import Encoded
from medreward.scorer.model import Model
from medreward.scorer.packed import PackedBert
from medreward.scorer.settings import ScorerSettings
from medreward.scorer.types import OutOfMemory

_GPU_TOKENS, _CPU_TOKENS = 65_536, 1_024
_NO_MEMORY = "can't allocate memory"


class Weights:
    """See :class:`medreward.scorer.types.Weights`. Safe to use from several threads."""

    def __init__(self, checkpoint: Checkpoint, model: Model, settings: ScorerSettings) -> None:
        gpu = model.device.type == "cuda"
        card = checkpoint.card
        self.name = card.name
        self.calibration = card.calibration
        self.budget = settings.batch_tokens or (_GPU_TOKENS if gpu else _CPU_TOKENS)
        self.lanes = 1 if gpu else settings.threads or max(1, int(settings.cpus))
        self.fingerprint = {
            "name": card.name,
            "checkpoint": checkpoint.sha256[:16],
            "encoding": str(card.encoding),
            "precision": model.precision,
            "device": model.device.type,
        }
        self._model = model
        self._forward: Callable[[Sequence[Encoded]], list[float]] = model.logits
        if PackedBert.fits(model.network):
            self._forward = PackedBert(model.network).logits

    def begin_thread(self) -> None:
        """On a CPU, a forward takes one core, and there are as many at a time as lanes: faster than one on all cores.

        torch knows one setting for all threads of the process, so it holds for whoever else computes in it.
        """
        if self._model.device.type == "cpu":
            torch.set_num_threads(1)

    def encode(self, asks: Sequence[ScorerAsk]) -> list[Encoded]:
        """What the model reads of each ask, in order."""
        return self._model.encoder.encode(asks)

    def logits(self, batch: Sequence[Encoded]) -> list[float]:
        """One logit an item, in order, by one forward; raises OutOfMemory."""
        try:
            return self._forward(batch)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(str(error)) from error
        except MemoryError as error:
            raise OutOfMemory(str(error)) from error
        except RuntimeError as error:
            # on the CPU torch has no class of its own for it
            if _NO_MEMORY not in str(error):
                raise
            raise OutOfMemory(str(error)) from error


def load(settings: ScorerSettings) -> Weights:
    """What these settings name, after one forward of the longest trajectory: the first request is not to wait for it,
    nor to find out that it fails.

    Raises:
        CheckpointError: there is no such checkpoint, it is another than ``sha256`` says, or it does not run.
    """
    checkpoint = open_checkpoint(settings.checkpoint)
    if settings.sha256 and not checkpoint.sha256.startswith(settings.sha256):
        raise CheckpointError(
            f"{checkpoint.path}: its sha256 is {checkpoint.sha256[:16]}, and scorer.sha256 wants {settings.sha256[:16]}"
        )
    device = _device(settings.device)
    precision = settings.precision
    if precision == "auto":
        precision = "bfloat16" if device == "cuda" else "float32"
    try:
        weights = Weights(checkpoint, Model.load(checkpoint, device, precision), settings)
        longest = "a trajectory to warm up with " * checkpoint.card.max_tokens
        (logit,) = weights.logits(weights.encode([ScorerAsk("question", (("think", longest),), "answer")]))
    except (RuntimeError, IndexError) as error:
        raise CheckpointError(f"{checkpoint.path}: it does not run: {type(error).__name__}: {error}") from error
    if not math.isfinite(logit):
        raise CheckpointError(f"{checkpoint.path}: the logit of a plain trajectory is {logit}")
    if open_checkpoint(settings.checkpoint).sha256 != checkpoint.sha256:
        raise CheckpointError(f"{checkpoint.path}: its files were changed while they were read")
    return weights


def _device(wanted: Literal["auto", "cpu", "cuda"]) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise CheckpointError("scorer.device: there is no GPU here that torch can use")
    return wanted
