"""A run: data -> trained, calibrated checkpoint.

transformers' Trainer does the steps, states to resume from, progress bar and TensorBoard; what is ours is which
trajectories meet in a step, and the loss.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import SequentialSampler
from torch.utils.tensorboard import SummaryWriter
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.integrations.integration_utils import TensorBoardCallback

from medreward.scorer.checkpoint import (
    ADAPTER,
    CARD,
    Calibration,
    Card,
    Checkpoint,
    backbone_path,
    open_checkpoint,
    weights_sha256,
)
from medreward.scorer.encoding import Encoded, Encoder
from medreward.scorer.model import Model, tokenizer_of
from medreward_trainer.scorer import adapter
from medreward_trainer.scorer.calibration import calibrate
from medreward_trainer.scorer.config import TrainingConfig, TrainingError
from medreward_trainer.scorer.examples import Contrast, Example
from medreward_trainer.scorer.losses import absolute, contrastive
from medreward_trainer.scorer.reading import batches, logits
from medreward_trainer.scorer.states import STATES, begin

_CHANCE = 2.0
"""how many stages more or less in common chance may outweigh in a draw"""


@dataclass(frozen=True, slots=True)
class Item:
    """A contrast as a step sees it."""

    encoded: list[Encoded]
    sound: list[bool]


class Draws(TorchDataset[Item]):
    """The contrasts of all epochs in order, each with the trajectories drawn for it: the same for the same seed."""

    def __init__(self, contrasts: Sequence[Contrast], encoder: Encoder, config: TrainingConfig) -> None:
        self._contrasts = contrasts
        self._encoder = encoder
        self._config = config
        self._order = list(_order(contrasts, config))

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> Item:
        rng = random.Random(f"{self._config.seed}/{index}")
        contrast = self._contrasts[self._order[index]]
        drawn = draw(contrast, self._config.positives, self._config.negatives, rng)
        return Item(self._encoder.encode([example.ask for example in drawn]), [example.sound for example in drawn])


def draw(contrast: Contrast, positives: int, negatives: int, rng: random.Random) -> list[Example]:
    """Sound and unsound trajectories of a contrast; of unsound ones, as many kinds as there are places.

    Unsound ones that share most stages with a sound one drawn come first, by and large: beside a twin that differs in
    one stage, what is wrong with it is the only difference to learn from.
    """
    sound = rng.sample(contrast.sound, min(positives, len(contrast.sound)))
    shared = {id(one): max(_shared(one, other) for other in sound) for one in contrast.unsound}
    ranked = sorted(contrast.unsound, key=lambda one: rng.random() * _CHANCE - shared[id(one)])
    kinds: dict[str, Example] = {}
    for example in ranked:
        kinds.setdefault(example.kind, example)
    chosen = list(kinds.values())[:negatives]
    chosen += [example for example in ranked if example not in chosen][: negatives - len(chosen)]
    return [*sound, *chosen]


def _shared(one: Example, other: Example) -> int:
    """How many stages, and the answer, two trajectories have in common."""
    stages = dict(other.ask.stages)
    return sum(stages.get(name) == text for name, text in one.ask.stages) + (one.ask.answer == other.ask.answer)


def _order(contrasts: Sequence[Contrast], config: TrainingConfig) -> Iterator[int]:
    """Which contrast each draw takes: some of the shorter half first, the rest of them all, then epoch by epoch.

    That short ones come first is a curriculum (Bengio et al. 2009).
    """
    count = len(contrasts)
    total = round(count * config.epochs)
    shorter = sorted(range(count), key=lambda i: _words(contrasts[i]))[: count // 2]
    first = _shuffled(shorter, f"{config.seed}/first")[: round(total * config.shorter_first)]
    yield from first
    yield from _shuffled(sorted({*range(count)} - {*first}), f"{config.seed}/rest")[: total - len(first)]
    left = total - count
    for epoch in range(-(-left // count)):
        yield from _shuffled(range(count), f"{config.seed}/epoch {epoch}")[: left - epoch * count]


def _shuffled(places: Sequence[int], seed: str) -> list[int]:
    return random.Random(seed).sample(places, len(places))


def _words(contrast: Contrast) -> int:
    return sum(len(text.split()) for _, text in contrast.sound[0].ask.stages)


class ContrastiveTrainer(Trainer):
    """Trainer with the contrastive loss over :class:`Item` lists."""

    def __init__(self, *args: Any, reader: Model, settings: TrainingConfig, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = reader
        self._settings = settings
        self._parts: dict[str, list[float]] = {}

    def _get_train_sampler(self, *_: Any) -> SequentialSampler:
        # the order is already drawn
        return SequentialSampler(self.train_dataset)  # type: ignore[arg-type]

    def compute_loss(self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> torch.Tensor:
        """InfoNCE or pairwise, plus the absolute part."""
        items: list[Item] = inputs["items"]
        encoded = [one for item in items for one in item.encoded]
        sound = torch.tensor([one for item in items for one in item.sound])
        row = torch.tensor([at for at, item in enumerate(items) for _ in item.sound])
        logits = self._logits(model, encoded)
        against = contrastive(logits, sound.to(logits.device), row.to(logits.device), self._settings.loss)
        alone = absolute(logits, sound.to(logits.device))
        self._parts.setdefault("loss_contrastive", []).append(against.item())
        self._parts.setdefault("loss_absolute", []).append(alone.item())
        self._parts.setdefault("batch_pairwise_accuracy", []).append(_won(logits.detach().cpu(), sound, row))
        return against + self._settings.absolute_weight * alone

    def _logits(self, model: Any, encoded: Sequence[Encoded]) -> torch.Tensor:
        """In the order given; near lengths are read together."""
        order: list[int] = []
        pieces = []
        for members in batches([len(one.ids) for one in encoded], self._settings.forward_tokens):
            with self.compute_loss_context_manager():
                batch = self._reader.batch([encoded[i] for i in members])
                pieces.append(model(**batch).logits.float().squeeze(-1))
            order += members
        logits = torch.cat(pieces)
        back = torch.empty(len(order), dtype=torch.long, device=logits.device)
        back[torch.tensor(order, device=logits.device)] = torch.arange(len(order), device=logits.device)
        return logits[back]

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the loss's parts since the last line."""
        if "loss" in logs:
            logs = {**logs, **{name: sum(values) / len(values) for name, values in self._parts.items() if values}}
            self._parts = {}
        super().log(logs, *args, **kwargs)


class _Watch(TrainerCallback):
    """Looks at held-out contrasts whenever a state is saved."""

    def __init__(self, model: Model, contrasts: Sequence[Contrast], forward_tokens: int) -> None:
        self._model = model
        self._contrasts = contrasts
        self._forward_tokens = forward_tokens
        self.trainer: ContrastiveTrainer | None = None

    def on_save(self, *_: Any, **__: Any) -> None:
        assert self.trainer is not None
        self._model.network.eval()
        self.trainer.log({"tune_pairwise_accuracy": pairwise(self._model, self._contrasts, self._forward_tokens)})
        self._model.network.train()


def train(
    config: TrainingConfig,
    train_on: Sequence[Contrast],
    tune_on: Sequence[Contrast],
    out: Path,
    *,
    resume: bool = False,
) -> Checkpoint:
    """Trains, calibrates and writes a checkpoint.

    Args:
        config: the run.
        train_on: contrasts with at least one sound and one unsound trajectory each.
        tune_on: held-out ones, for calibration.
        out: the checkpoint's directory: a new or an empty one, but to resume.
        resume: go on from the last state in it.

    Raises:
        TrainingError: there is nothing to train on or to resume, the directory is another run's, or it did not learn.
        CheckpointError: there is no such backbone.
    """
    usable = [contrast for contrast in train_on if contrast.sound and contrast.unsound]
    if not usable:
        raise TrainingError("sources: no contrast to train on")
    set_seed(config.seed)
    model = adapter.to_train(config)
    positions = getattr(model.config, "max_position_embeddings", config.max_tokens)
    if config.max_tokens > positions:
        raise TrainingError(f"max_tokens: backbone {config.backbone} reads at most {positions}")
    last = begin(out, config, resume)
    states = out / STATES
    if config.threads:
        torch.set_num_threads(config.threads)
    encoder = Encoder(tokenizer_of(config.backbone, config.revision), config.max_tokens)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reader = Model(model, encoder, device, "float32")
    watch = _Watch(reader, list(tune_on)[: config.tune_contrasts], config.forward_tokens)
    trainer = ContrastiveTrainer(
        model=model,
        args=_arguments(config, states, device),
        train_dataset=Draws(usable, encoder, config),
        data_collator=lambda items: {"items": items},
        callbacks=[watch, _tensorboard(states)],
        reader=reader,
        settings=config,
    )
    watch.trainer = trainer
    trainer.train(resume_from_checkpoint=last)
    reader = Model(adapter.to_keep(model, config).eval(), encoder, device, "float32")
    examples = [example for contrast in tune_on for example in (*contrast.sound, *contrast.unsound)]
    calibration = calibrate(
        logits(reader, [example.ask for example in examples], config.forward_tokens), [e.sound for e in examples]
    )
    return _write(config, reader, calibration, out)


def pairwise(model: Model, contrasts: Sequence[Contrast], tokens: int) -> float:
    """The share of pairs, of a sound and an unsound trajectory of a contrast, whose sound one has the higher logit."""
    rows = [(contrast, [*contrast.sound, *contrast.unsound]) for contrast in contrasts]
    read = iter(logits(model, [example.ask for _, examples in rows for example in examples], tokens))
    won = pairs = 0.0
    for contrast, _ in rows:
        sound = [next(read) for _ in contrast.sound]
        unsound = [next(read) for _ in contrast.unsound]
        won += sum(1.0 if s > u else 0.5 if s == u else 0.0 for s in sound for u in unsound)
        pairs += len(sound) * len(unsound)
    return won / pairs if pairs else float("nan")


def _won(logits: torch.Tensor, sound: torch.Tensor, row: torch.Tensor) -> float:
    pairs = (row[:, None] == row[None, :]) & sound[:, None] & ~sound[None, :]
    return float((logits[:, None] > logits[None, :])[pairs].float().mean())


def _arguments(config: TrainingConfig, states: Path, device: torch.device) -> TrainingArguments:
    bfloat16 = config.precision == "bfloat16" or (config.precision == "auto" and _has_bfloat16(device))
    return TrainingArguments(
        output_dir=str(states),
        report_to=[],
        num_train_epochs=1,  # all epochs are in the draws
        per_device_train_batch_size=config.batch,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        adam_beta2=config.adam_beta2,
        max_grad_norm=config.max_grad_norm,
        logging_steps=10,
        save_strategy="steps",
        save_steps=config.save_every,
        save_total_limit=2,
        use_cpu=device.type == "cpu",
        bf16=bfloat16,
        seed=config.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def _tensorboard(states: Path) -> TrainerCallback:
    callback: TrainerCallback = TensorBoardCallback(SummaryWriter(str(states / "tensorboard")))  # type: ignore[no-untyped-call]
    return callback


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # without the instructions it runs, at a fraction of float32's speed
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _sort(file: Path) -> None:
    # PEFT writes sets in any order, and the hash of a checkpoint covers the file
    content: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    content = {name: sorted(value) if isinstance(value, list) else value for name, value in content.items()}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=2) + b"\n")


def _write(config: TrainingConfig, reader: Model, calibration: Calibration, out: Path) -> Checkpoint:
    source = backbone_path(config.backbone)
    if config.lora.rank:
        adapter.save(reader.network, config, out)
        _sort(out / ADAPTER)
    else:
        reader.network.save_pretrained(str(out), safe_serialization=True)
        tokenizer_of(config.backbone, config.revision).save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # PEFT's own card, a form to fill in
    card = Card(
        name=config.name,
        backbone=config.backbone,
        backbone_sha256=weights_sha256(source) if config.lora.rank and isinstance(source, Path) else "",
        max_tokens=config.max_tokens,
        calibration=calibration,
        revision=config.revision,
    )
    (out / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
    return open_checkpoint(out)
