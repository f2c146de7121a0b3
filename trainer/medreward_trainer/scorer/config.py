"""What a training run of the scorer does: every setting, typed, with its unit. One YAML file is one run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from medreward.scorer.checkpoint import EMBEDDED
from medreward.section import Section
from medreward.yaml_file import YamlError, read_yaml

DEFAULT = Path(__file__).parents[1] / "configs" / "scorer.yaml"
"""the run that made the shipped checkpoint"""


class TrainingError(ValueError):
    """A run cannot start; the message names the setting or the file."""


class Lora(Section):
    """Low-rank adaptation (Hu et al. 2021), so that a checkpoint is small."""

    rank: int = Field(16, ge=0, le=1024)
    """0: all weights are trained and the checkpoint holds the whole model"""
    alpha: int = Field(32, gt=0)
    """scale of the update is ``alpha / rank``"""
    dropout: float = Field(0.05, ge=0, lt=1)
    targets: list[str] = []
    """names of the linear layers to adapt; empty: all of them"""
    also_train: list[str] = []
    """modules trained whole beside the head, e.g. BERT's ``pooler``"""
    extracted: bool = False
    """the linear layers themselves are trained, and the adapter is the best one of this rank for what they learned;
    otherwise an adapter is trained, which the embedded backbone takes many times the steps to learn the same with"""


class TrainingConfig(Section):
    """A run."""

    name: str = Field(min_length=1, max_length=100)
    """the checkpoint's, as ``detail`` and fingerprint show it"""
    backbone: str = EMBEDDED
    """the embedded one, a directory, or a name on the hub"""
    revision: str = ""
    """of the backbone on the hub"""
    max_tokens: int = Field(320, ge=32, le=32_768)
    """longest sequence, in tokens"""
    lora: Lora = Lora()
    dropout: float = Field(0.0, ge=0, lt=1)
    """of the backbone's own layers; what it hides of two twins is more than what they differ in"""
    sources: dict[str, int | None]
    """data sets to train on, each with the most contrasts to take; ``null``: all"""
    writings: int = Field(1, ge=1, le=100)
    """how often the questions that train are written, each time in other words: what is repeated is memorised"""
    loss: Literal["infonce", "pairwise"] = "infonce"
    """``infonce``: a sound trajectory against its unsound ones together; ``pairwise``: against each of them"""
    absolute_weight: float = Field(0.25, ge=0, le=10)
    """weight of the cross-entropy of each logit by itself, which makes questions comparable with each other"""
    positives: int = Field(1, ge=1, le=8)
    """sound trajectories of a contrast that a step takes"""
    negatives: int = Field(3, ge=1, le=32)
    """unsound ones, of different kinds while there are"""
    epochs: float = Field(2.0, gt=0, le=1000)
    """passes over all writings"""
    shorter_first: float = Field(0.0, ge=0, le=1)
    """share of the run's beginning that takes only the shorter half of the contrasts (at most all of those, once each):
    what is wrong with a few sentences is learned in a fraction of the time that it takes with many"""
    batch: int = Field(8, ge=1)
    """contrasts a step"""
    learning_rate: float = Field(5e-4, gt=0, le=1)
    warmup: float = Field(0.06, ge=0, lt=1)
    """share of the steps in which the learning rate rises; then it falls as a cosine"""
    weight_decay: float = Field(0.01, ge=0)
    adam_beta2: float = Field(0.98, gt=0, lt=1)
    """how long AdamW remembers the size of gradients"""
    max_grad_norm: float = Field(1.0, gt=0)
    forward_tokens: int = Field(4096, ge=32)
    """tokens of a forward within a step, padding included"""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """of the forward; ``auto``: bfloat16 where the hardware has it"""
    threads: int = Field(0, ge=0)
    """CPU threads; 0: torch's choice"""
    save_every: int = Field(100, ge=1)
    """steps between states that a run can be resumed from"""
    tune_contrasts: int = Field(200, ge=1)
    """contrasts of the split ``tune`` that are looked at while training"""
    seed: int = Field(2026, ge=0, lt=2**32)
    """of data, weights and draws"""

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        if not self.sources:
            raise ValueError("sources: none are named")
        return self


def load_config(path: Path = DEFAULT) -> TrainingConfig:
    """A run's settings.

    Raises:
        TrainingError: naming each setting that is wrong.
    """
    try:
        return TrainingConfig.model_validate(read_yaml(path) or {})
    except YamlError as error:
        raise TrainingError(str(error)) from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()]
        raise TrainingError(f"{path}: {'; '.join(lines)}") from None
