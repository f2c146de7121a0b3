"""Agreement of a judge with labels: agreement, Cohen's kappa with its interval, precision and recall of "right".

Everything is computed from the confusion table. A pair enters it only when the judge gave a verdict; how many did not
is the caller's to say, beside the numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 2000
_CHUNK = 100  # resamples held at a time; with 4000 groups they take 3 MB


class Pair(NamedTuple):
    """A label and the judge's verdict on the same answer; True is right."""

    label: bool
    verdict: bool
    group: Hashable
    """answers to one question are no independent evidence: they are resampled together"""


class Confusion(NamedTuple):
    """Counts of the four cases."""

    right_right: int
    """labelled right, judged right"""
    right_wrong: int
    """labelled right, judged wrong"""
    wrong_right: int
    """labelled wrong, judged right"""
    wrong_wrong: int
    """labelled wrong, judged wrong"""


class Interval(NamedTuple):
    """Where 95 % of the resamples lie."""

    low: float
    high: float


class Agreement(NamedTuple):
    """A judge against labels. What is not defined is None, never a number in its place."""

    n: int
    confusion: Confusion
    agreement: float | None
    """share of equal verdicts; None of no pairs"""
    kappa: float | None
    """None when both sides say one and the same of everything: chance would agree as much"""
    kappa_95: Interval | None
    precision: float | None
    """of those judged right, the share labelled right; None when none is judged right"""
    recall: float | None
    """of those labelled right, the share judged right; None when none is labelled right"""


def agreement(pairs: Sequence[Pair], *, resamples: int = RESAMPLES, seed: int = 0) -> Agreement:
    """All of it. The same pairs, count and seed give the same interval."""
    confusion = _confusion(pairs)
    both, missed, added, neither = confusion
    n = len(pairs)
    return Agreement(
        n=n,
        confusion=confusion,
        agreement=(both + neither) / n if n else None,
        kappa=kappa(confusion),
        kappa_95=kappa_interval(pairs, resamples, seed),
        precision=both / (both + added) if both + added else None,
        recall=both / (both + missed) if both + missed else None,
    )


def kappa(confusion: Confusion) -> float | None:
    """Cohen's kappa, ``(o - e) / (1 - e)`` (Cohen 1960); None when ``e`` is 1 or there is nothing to count.

    ``o`` is the observed agreement, ``e`` that of two who draw their verdicts independently, each at its own rates:

        o = (a + d) / n        e = ((a + b) (a + c) + (c + d) (b + d)) / n^2

    with a, b, c, d the counts of the table, label first: right-right, right-wrong, wrong-right, wrong-wrong.
    """
    a, b, c, d = confusion
    n = a + b + c + d
    by_chance = (a + b) * (a + c) + (c + d) * (b + d)
    if by_chance == n * n:  # also of no pairs
        return None
    return ((a + d) * n - by_chance) / (n * n - by_chance)


def kappa_interval(pairs: Sequence[Pair], resamples: int = RESAMPLES, seed: int = 0) -> Interval | None:
    """Percentile bootstrap of kappa over groups (Efron 1979): 2.5 to 97.5 %.

    Groups are drawn with replacement, as many as there are. A resample is then a multinomial draw of how often each
    group counts, and its table the sum of theirs. Resamples of which kappa is not defined are left out; None with
    fewer than two groups, or when it is defined of none.
    """
    import numpy as np

    tables = _tables(pairs)
    groups = len(tables)
    if groups < 2:
        return None
    random = np.random.default_rng(seed)
    found: list[NDArray[np.float64]] = []
    for start in range(0, resamples, _CHUNK):
        draws = random.multinomial(groups, np.full(groups, 1 / groups), size=min(_CHUNK, resamples - start))
        found.append(_kappas((draws @ tables).astype(np.float64)))
    kappas = np.concatenate(found)
    if not kappas.size:
        return None
    low, high = np.percentile(kappas, [2.5, 97.5])
    return Interval(float(low), float(high))


def _confusion(pairs: Sequence[Pair]) -> Confusion:
    counts = [0, 0, 0, 0]
    for pair in pairs:
        counts[_cell(pair)] += 1
    return Confusion(*counts)


def _cell(pair: Pair) -> int:
    return 2 * (not pair.label) + (not pair.verdict)


def _tables(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """A table a group: (groups, 4)."""
    import numpy as np

    numbers: dict[Hashable, int] = {}
    rows = [numbers.setdefault(pair.group, len(numbers)) for pair in pairs]
    tables = np.zeros((len(numbers), 4), dtype=np.int64)
    np.add.at(tables, (rows, [_cell(pair) for pair in pairs]), 1)
    return tables


def _kappas(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of tables (resamples, 4), those of which it is defined."""
    a, b, c, d = tables.T
    n = tables.sum(axis=1)
    by_chance = (a + b) * (a + c) + (c + d) * (b + d)
    defined = by_chance < n * n
    kappas: NDArray[np.float64] = (((a + d) * n - by_chance)[defined]) / ((n * n - by_chance)[defined])
    return kappas
