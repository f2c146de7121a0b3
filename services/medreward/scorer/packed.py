"""A BERT's forward on a CPU without waste: the same numbers as transformers' own, for less work.

The tokens of a batch lie one after another, without padding: linear layers, activations and norms see the tokens that
are there, and attention runs by groups of sequences of one length, so that it needs no mask. Of the last layer only
what the head reads is computed: the query, the attention and the feed-forward of each sequence's first token. Its keys
and values still need all tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertForSequenceClassification, PreTrainedModel

from medreward.scorer.encoding import Encoded


class _Group(NamedTuple):
    """Neighbouring sequences of one length."""

    rows: int
    length: int


class _Layer:
    """One layer of the encoder: attention, then feed-forward, a norm behind each (Vaswani et al. 2017, post-norm)."""

    def __init__(self, layer: Any) -> None:
        attention, heads = layer.attention, layer.attention.self
        self._heads: int = heads.num_attention_heads
        self._hidden: int = heads.query.out_features
        # one multiplication for the three of them
        self._weight = torch.cat([heads.query.weight, heads.key.weight, heads.value.weight]).contiguous()
        self._bias = torch.cat([heads.query.bias, heads.key.bias, heads.value.bias]).contiguous()
        self._mix: nn.Linear = attention.output.dense
        self._mixed: nn.LayerNorm = attention.output.LayerNorm
        self._widen: nn.Linear = layer.intermediate.dense
        self._narrow: nn.Linear = layer.output.dense
        self._done: nn.LayerNorm = layer.output.LayerNorm

    def all(self, states: Tensor, groups: Sequence[_Group]) -> Tensor:
        """States of all tokens, shape ``(tokens, hidden)``, to those after the layer."""
        joint = functional.linear(states, self._weight, self._bias)
        read = torch.empty_like(states)
        start = 0
        for rows, length in groups:
            end = start + rows * length
            shape = (rows, length, 3, self._heads, self._hidden // self._heads)
            query, key, value = joint[start:end].view(shape).permute(2, 0, 3, 1, 4).unbind(0)
            attended = functional.scaled_dot_product_attention(query, key, value)
            read[start:end] = attended.transpose(1, 2).reshape(rows * length, self._hidden)
            start = end
        return self._finish(states, read)

    def first(self, states: Tensor, groups: Sequence[_Group], firsts: Tensor) -> Tensor:
        """As :meth:`all`, for the tokens at ``firsts`` alone: shape ``(sequences, hidden)``."""
        hidden, heads = self._hidden, self._heads
        begin = states[firsts]
        queries = functional.linear(begin, self._weight[:hidden], self._bias[:hidden])
        joint = functional.linear(states, self._weight[hidden:], self._bias[hidden:])
        read = torch.empty_like(begin)
        start = row = 0
        for rows, length in groups:
            end = start + rows * length
            shape = (rows, length, 2, heads, hidden // heads)
            key, value = joint[start:end].view(shape).permute(2, 0, 3, 1, 4).unbind(0)
            query = queries[row : row + rows].view(rows, 1, heads, hidden // heads).transpose(1, 2)
            attended = functional.scaled_dot_product_attention(query, key, value)
            read[row : row + rows] = attended.transpose(1, 2).reshape(rows, hidden)
            start, row = end, row + rows
        return self._finish(begin, read)

    def _finish(self, states: Tensor, read: Tensor) -> Tensor:
        mixed: Tensor = self._mixed(self._mix(read).add_(states))
        done: Tensor = self._done(self._narrow(functional.gelu(self._widen(mixed))).add_(mixed))
        return done


class PackedBert:
    """A ``BertForSequenceClassification`` with one number out, in float32 on a CPU. For any number of threads."""

    def __init__(self, network: BertForSequenceClassification) -> None:
        self._embeddings: Any = network.bert.embeddings
        self._layers = [_Layer(layer) for layer in network.bert.encoder.layer]
        self._pooler: Any = network.bert.pooler
        self._classifier: Any = network.classifier

    @staticmethod
    def fits(network: PreTrainedModel) -> bool:
        """Whether this is the network's arithmetic; for any other, use its own forward."""
        config: Any = network.config
        return (
            type(network) is BertForSequenceClassification
            and config.num_labels == 1
            and config.hidden_act == "gelu"
            and not config.is_decoder
            and not config.add_cross_attention
            and getattr(config, "position_embedding_type", "absolute") == "absolute"
            and network.device.type == "cpu"
            and network.dtype == torch.float32
        )

    def logits(self, batch: Sequence[Encoded]) -> list[float]:
        """One logit an item, in order, by one forward."""
        order = sorted(range(len(batch)), key=lambda item: len(batch[item].ids))
        groups = [_Group(len(list(same)), length) for length, same in groupby(len(batch[item].ids) for item in order)]
        with torch.inference_mode():
            sorted_logits: list[float] = self._forward([batch[item] for item in order], groups).tolist()
        logits = [0.0] * len(batch)
        for item, logit in zip(order, sorted_logits, strict=True):
            logits[item] = logit
        return logits

    def _forward(self, batch: Sequence[Encoded], groups: Sequence[_Group]) -> Tensor:
        embeddings = self._embeddings
        ids = torch.tensor([token for item in batch for token in item.ids])
        # as Model.batch: the trajectory is the second segment, where the backbone knows two
        two = embeddings.token_type_embeddings.num_embeddings > 1
        segments = torch.tensor([int(two and place >= item.first) for item in batch for place in range(len(item.ids))])
        positions = torch.tensor([place for item in batch for place in range(len(item.ids))])
        states = embeddings.word_embeddings(ids)
        states += embeddings.token_type_embeddings(segments)
        states += embeddings.position_embeddings(positions)
        states = embeddings.LayerNorm(states)
        for layer in self._layers[:-1]:
            states = layer.all(states, groups)
        lengths = torch.tensor([len(item.ids) for item in batch])
        firsts = self._layers[-1].first(states, groups, lengths.cumsum(0) - lengths)
        logits: Tensor = self._classifier(self._pooler.activation(self._pooler.dense(firsts)))
        return logits.squeeze(-1)
