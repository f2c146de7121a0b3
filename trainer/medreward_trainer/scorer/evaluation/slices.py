"""Which trajectories are looked at together.

=====================  ==========================================================================================
``grammar``            written here around facts of real images and reports, sound or corrupted; ``grammar/SOURCE``
``text/SOURCE``        written by models, found right, beside their corruptions
``judged/SOURCE``      written by models, found right or wrong by people or judges; nothing was made by us
=====================  ==========================================================================================
"""

from __future__ import annotations

from typing import Final

import numpy as np

from medreward_trainer.scorer.evaluation.table import Bools, Table
from medreward_trainer.scorer.examples import CORRUPTIONS, GRAMMAR

GRAMMARS: Final = "grammar"
TEXT: Final = "text"
JUDGED: Final = "judged"

_WHAT: Final = {
    GRAMMARS: "trajectories written around facts of real images and reports, sound or corrupted",
    TEXT: "trajectories that models wrote and that were found right, and their corruptions",
    JUDGED: "trajectories that models wrote, found right or wrong by people or judges",
}


def slices(table: Table) -> dict[str, tuple[str, Bools]]:
    """By name, what it is, and its rows: a mask of shape ``(n,)``. Only those that hold something."""
    ours = table.writer == GRAMMAR
    corrupted = np.isin(table.contrast, table.contrast[np.isin(table.kind, CORRUPTIONS)])
    families = {GRAMMARS: ours, TEXT: ~ours & corrupted, JUDGED: ~ours & ~corrupted}
    found: dict[str, tuple[str, Bools]] = {}
    for family, rows in families.items():
        if family == GRAMMARS and rows.any():
            found[family] = (f"{_WHAT[family]}: all sources", rows)
        for source in sorted(set(table.source[rows].tolist())):
            found[f"{family}/{source}"] = (f"{_WHAT[family]}: {source}", rows & (table.source == source))
    return found
