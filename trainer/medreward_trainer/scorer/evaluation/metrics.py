"""Pairwise accuracy within a question, and the area under the ROC curve across questions."""

from __future__ import annotations

from typing import Final

import numpy as np
from sklearn.metrics import roc_auc_score

from medreward_trainer.scorer.evaluation.intervals import Amount, Bootstrap, absent, estimate, ratio
from medreward_trainer.scorer.evaluation.table import Bools, Floats, Ints, Table
from medreward_trainer.scorer.evaluation.types import Estimate

_AT_ONCE: Final = 4_000_000
"""numbers of a resample's weights that are held at a time: 32 MB"""


def pairwise(table: Table, scores: Floats, pairs: tuple[Ints, Ints], bootstrap: Bootstrap) -> Estimate:
    """The share of pairs whose sound trajectory has the higher score; a tie counts half.

    Args:
        table: ``n`` trajectories.
        scores: shape ``(n,)``, finite; higher is better.
        pairs: rows of the sound and the unsound one, from :meth:`Table.pairs`; only these are compared.
        bootstrap: how the interval is made.
    """
    left, right = pairs
    amount = Amount(len(np.unique(left)), len(np.unique(right)), len(left))
    if not len(left):
        return absent("no question has both a sound and an unsound trajectory", amount)
    won = (scores[left] > scores[right]) + 0.5 * (scores[left] == scores[right])
    return ratio(won, np.ones(len(left)), table.group[left], bootstrap, amount)


def auc(table: Table, scores: Floats, rows: Bools, bootstrap: Bootstrap) -> Estimate:
    """The chance that a sound trajectory scores above an unsound one of any question; a tie counts half.

    Args:
        table: ``n`` trajectories.
        scores: shape ``(n,)``, finite; higher is better.
        rows: shape ``(n,)``, which of them are looked at.
        bootstrap: how the interval is made.
    """
    sound, scores = table.sound[rows], scores[rows]
    good, bad = int(sound.sum()), int((~sound).sum())
    amount = Amount(good, bad, good * bad)
    if not good or not bad:
        return absent(f"no {'unsound' if good else 'sound'} trajectory" if good or bad else "no trajectory", amount)
    found, group = np.unique(table.group[rows], return_inverse=True)
    drawn = _weighted(sound, scores, bootstrap.draws(len(found)), group)
    # where it is 0 or 1, the class with fewer groups bounds what was seen
    fewest = min(len(np.unique(group[sound])), len(np.unique(group[~sound])))
    return estimate(float(roc_auc_score(sound, scores)), drawn, len(found), fewest, amount)


def _weighted(sound: Bools, scores: Floats, draws: Floats, group: Ints) -> Floats:
    """The AUC of each resample that has both classes.

    With the scores in order, each sound one wins over the weight of unsound ones below it and half of that beside it.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    good = sound[order].astype(np.float64)
    found: list[Floats] = []
    step = max(1, _AT_ONCE // len(scores))
    for first in range(0, len(draws), step):
        weights = draws[first : first + step, group[order]]
        goods = np.add.reduceat(weights * good, starts, axis=1)
        bads = np.add.reduceat(weights * (1 - good), starts, axis=1)
        won = (goods * (np.cumsum(bads, axis=1) - bads / 2)).sum(axis=1)
        all_pairs = goods.sum(axis=1) * bads.sum(axis=1)
        found.append(won[all_pairs > 0] / all_pairs[all_pairs > 0])
    return np.concatenate(found)
