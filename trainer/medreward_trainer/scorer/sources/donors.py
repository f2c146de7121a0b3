"""Which other case resembles one: its parts make hard negatives."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np

from medreward_trainer.scorer.corruption.parts import words


def nearest(texts: Mapping[str, str], most: int) -> dict[str, list[str]]:
    """For each key at most ``most`` others, the most alike first: cosine of their words, weighted by rarity.

    Memory is that of a dense matrix, keys x words, in float32: tens of MB for a thousand cases.
    """
    keys = sorted(texts)
    bags = [words(texts[key]) for key in keys]
    counts = Counter(word for bag in bags for word in bag)
    shared = {word: at for at, word in enumerate(sorted(word for word, count in counts.items() if count > 1))}
    matrix = np.zeros((len(keys), len(shared) + 1), dtype=np.float32)
    for row, bag in enumerate(bags):
        for word in bag & shared.keys():
            matrix[row, shared[word]] = math.log(len(keys) / counts[word])
    # the last column is a trace of weight, so that a text that shares no word has a length too
    matrix[:, -1] = 1e-3
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    alike = matrix @ matrix.T
    np.fill_diagonal(alike, -1.0)
    order = np.argsort(-alike, axis=1, kind="stable")[:, : min(most, len(keys) - 1)]
    return {key: [keys[at] for at in row] for key, row in zip(keys, order, strict=True)}
