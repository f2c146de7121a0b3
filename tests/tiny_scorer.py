"""A trajectory scorer of two small layers with random weights: its scores mean nothing, all else about it is real."""

from __future__ import annotations

import string
from pathlib import Path

import msgspec

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import CARD, Calibration, Card

_TEXT = """
    a an and angle answer at base blunted both clear conclusion consolidation dense effusion field fluid heart image in
    is knowledge large left line localization lower lung lungs middle no normal not of on opacity pleural pneumothorax
    question reasoning right seen shadow sharp small so space the there upper visual analysis wall what which with yes
    zone
"""
_WORDS = _TEXT.split()


def build(directory: Path, seed: int = 0, max_tokens: int = 96) -> Path:
    """A whole model's checkpoint in ``directory``, made anew; another ``seed`` gives other weights.

    Needs nothing that is not installed with ``medreward[scorer]``, and no network.
    """
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    letters = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    words = dict.fromkeys([*marks, *letters, *(f"##{letter}" for letter in letters), *_WORDS, "again"])
    vocabulary = {word: number for number, word in enumerate(words)}
    fast = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    fast.normalizer = normalizers.BertNormalizer()
    fast.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=fast, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=max_tokens,
        num_labels=1,
        initializer_range=0.5,  # wide, so that two trajectories differ in more than the last digits
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = BertForSequenceClassification(config)
    directory.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    card = Card(f"tiny-{seed}", "tiny", "", max_tokens, Calibration(0.7, 0.1))
    (directory / CARD).write_bytes(msgspec.json.encode(card))
    return directory


def ask(number: int, words: int | None = None) -> ScorerAsk:
    """The ``number``-th of a series of different trajectories, of mixed lengths if ``words`` is not given."""
    length = 3 + number * 7 % 41 if words is None else words
    seen = " ".join(_WORDS[(number * 5 + place * (1 + number % 3)) % len(_WORDS)] for place in range(length))
    return ScorerAsk("Is there an effusion?", (("visual", seen), ("conclusion", f"finding {number}")), "yes")
