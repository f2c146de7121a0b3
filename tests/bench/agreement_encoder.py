"""MiniLM: a BERT encoder with mean pooling, run from its weights with torch alone.

Written out, since ``transformers`` wants a torchvision that fits torch, which has nothing to do with text.
"""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from typing import Any

_LONGEST = 256
"""tokens that the encoder was trained for"""


class MiniLM:
    """Texts to unit vectors."""

    def __init__(self, folder: Path) -> None:
        self.torch = importlib.import_module("torch")
        tokenizers = importlib.import_module("tokenizers")
        self.weights: dict[str, Any] = importlib.import_module("safetensors.torch").load_file(
            folder / "model.safetensors"
        )
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(_LONGEST)
        self.tokenizer.enable_padding()

    def __call__(self, texts: list[str]) -> Any:
        """An array (texts, dimension); each row has length 1."""
        torch = self.torch
        encoded = self.tokenizer.encode_batch(texts)
        ids = torch.tensor([one.ids for one in encoded])
        mask = torch.tensor([one.attention_mask for one in encoded])
        hidden = self._embed(ids)
        blocked = (1.0 - mask[:, None, None, :].float()) * -1e9
        for number in range(self.config["num_hidden_layers"]):
            hidden = self._layer(f"encoder.layer.{number}", hidden, blocked)
        wide = mask.unsqueeze(-1).float()
        return torch.nn.functional.normalize((hidden * wide).sum(1) / wide.sum(1), dim=1)

    def _embed(self, ids: Any) -> Any:
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kinds = self.weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm("embeddings.LayerNorm", words + places + kinds)

    def _layer(self, name: str, hidden: Any, blocked: Any) -> Any:
        torch = self.torch
        heads = self.config["num_attention_heads"]

        def split(part: str) -> Any:
            return self._linear(f"{name}.attention.self.{part}", hidden).unflatten(-1, (heads, -1)).transpose(1, 2)

        query, key, value = split("query"), split("key"), split("value")
        attention = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + blocked, dim=-1)
        mixed = (attention @ value).transpose(1, 2).flatten(-2)
        hidden = self._norm(
            f"{name}.attention.output.LayerNorm", hidden + self._linear(f"{name}.attention.output.dense", mixed)
        )
        wide = torch.nn.functional.gelu(self._linear(f"{name}.intermediate.dense", hidden))
        return self._norm(f"{name}.output.LayerNorm", hidden + self._linear(f"{name}.output.dense", wide))

    def _linear(self, name: str, hidden: Any) -> Any:
        return self.torch.nn.functional.linear(hidden, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _norm(self, name: str, hidden: Any) -> Any:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return self.torch.nn.functional.layer_norm(
            hidden, weight.shape, weight, bias, eps=self.config["layer_norm_eps"]
        )
