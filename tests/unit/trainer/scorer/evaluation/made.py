"""Contrasts and a checkpoint that are small enough to be known through and through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import CARD, Calibration, Card, Checkpoint, open_checkpoint
from medreward_trainer.scorer.examples import GRAMMAR, Contrast, Example, Kind

WORDS = (
    "there is a an effusion mass left right lung no clear blunted sulcus yes shows heart large sound flawed question"
)


def example(kind: Kind, text: str = "left lung clear", writer: str = GRAMMAR, answer: str = "yes") -> Example:
    """A trajectory with one stage and an answer."""
    return Example(ScorerAsk("is there a mass", (("visual", text),), answer), kind, writer)


def contrast(group: str, sound: Sequence[Example], unsound: Sequence[Example], source: str = "slake") -> Contrast:
    """Of a group."""
    return Contrast(source, group, tuple(sound), tuple(unsound))


def told_apart(count: int, source: str = "slake", writer: str = GRAMMAR) -> list[Contrast]:
    """Contrasts whose sound trajectories say so, in varying lengths."""
    pad = [" lung" * (i % 5) for i in range(count)]
    return [
        contrast(
            f"{source}{i}",
            [example("plain", f"sound{pad[i]}", writer), example("paraphrase", f"sound clear{pad[-i]}", writer)],
            [example("side_flip", f"flawed{pad[i]}", writer), example("stage_swap", f"flawed mass{pad[i]}", writer)],
            source,
        )
        for i in range(count)
    ]


def judged(count: int, source: str = "openi") -> list[Contrast]:
    """Questions with one answer of each of two models; one is right in the first half, the other in the second."""
    found = []
    for i in range(count):
        right = example("judged_right", "sound heart", "m1" if i < count // 2 else "m2")
        wrong = example("judged_wrong", "flawed heart", "m2" if i < count // 2 else "m1")
        found.append(contrast(f"{source}{i}", [right], [wrong], source))
    return found


def checkpoint(path: Path, *, nan: bool = False) -> Checkpoint:
    """A whole model of random weights over a backbone beside it."""
    torch.manual_seed(0)
    backbone = path / "backbone"
    whole = path / "whole"
    backbone.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)})
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=1,
        initializer_range=0.5,  # the usual one makes all texts alike
    )
    network = BertForSequenceClassification(config)
    if nan:
        torch.nn.init.constant_(network.classifier.bias, float("nan"))
    for place in (backbone, whole):
        network.save_pretrained(str(place))
        tokenizer.save_pretrained(str(place))
    card = Card("tiny", str(backbone), "", 64, Calibration(2.0, 0.5))
    (whole / CARD).write_bytes(msgspec.json.encode(card))
    return open_checkpoint(whole)
