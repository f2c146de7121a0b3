"""Every measure over a slice."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from medreward_trainer.scorer.evaluation.intervals import Bootstrap
from medreward_trainer.scorer.evaluation.metrics import auc, pairwise
from medreward_trainer.scorer.evaluation.table import Floats, Table
from medreward_trainer.scorer.evaluation.types import ALL, Correlation, Measured
from medreward_trainer.scorer.examples import GRAMMAR


def measure(table: Table, scores: Floats, bootstrap: Bootstrap) -> Measured:
    """How well ``scores``, shape ``(n,)``, tell sound from unsound.

    Of a kind of unsound trajectory, only the questions that have one are looked at, so that it is not compared with
    sound trajectories of data sets in which it does not occur.
    """
    left, right = table.pairs()
    unsound = sorted(set(table.kind[~table.sound].tolist()))
    forms = sorted(set(table.kind[table.sound].tolist()))
    writers = sorted(set(table.writer.tolist()) - {GRAMMAR})
    pairs = {ALL: np.ones(len(left), dtype=np.bool_)} | {kind: table.kind[right] == kind for kind in unsound}
    twins = table.twins(left, right)
    rows = {ALL: np.ones(len(scores), dtype=np.bool_)}
    for kind in unsound:
        of_kind = table.kind == kind
        rows[kind] = of_kind | (table.sound & np.isin(table.contrast, table.contrast[of_kind]))
    return Measured(
        pairwise={kind: pairwise(table, scores, (left[of], right[of]), bootstrap) for kind, of in pairs.items()},
        pairwise_twins={
            kind: pairwise(table, scores, (left[both], right[both]), bootstrap)
            for kind, of in pairs.items()
            if (both := of & twins).any()
        },
        pairwise_by_form={
            form: pairwise(table, scores, (left[of], right[of]), bootstrap)
            for form in forms
            if (of := table.kind[left] == form).any()
        },
        auc={kind: auc(table, scores, of, bootstrap) for kind, of in rows.items()},
        auc_within_writer={writer: auc(table, scores, table.writer == writer, bootstrap) for writer in writers},
    )


def length_correlation(table: Table, values: Floats) -> Correlation:
    """Of words and values, shape ``(n,)``, among sound trajectories."""
    words, values = table.words[table.sound], values[table.sound]
    if len(np.unique(words)) < 2 or len(np.unique(values)) < 2:
        return Correlation(value=None, count=len(words), absent="words or values do not differ")
    return Correlation(value=round(float(spearmanr(words, values).statistic), 6), count=len(words))
