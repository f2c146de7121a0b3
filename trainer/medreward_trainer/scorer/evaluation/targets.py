"""What the scorer should reach on held-out data, and whether it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from medreward_trainer.scorer.evaluation.intervals import absent
from medreward_trainer.scorer.evaluation.slices import GRAMMARS, JUDGED, TEXT
from medreward_trainer.scorer.evaluation.types import SCORER, Estimate, Slice, Target
from medreward_trainer.scorer.examples import CORRUPTIONS

PAIRWISE: Final = 0.90
"""of every kind of corruption"""
AUC: Final = 0.70
"""within one model's trajectories, where they were judged"""


def targets(slices: Mapping[str, Slice]) -> list[Target]:
    """Every kind of corruption for what was written here, those that a text can have for texts, and every writer."""
    found: list[Target] = []
    grammar = slices[GRAMMARS].methods[SCORER].pairwise if GRAMMARS in slices else {}
    for kind in CORRUPTIONS:
        estimate = grammar.get(kind) or absent("the data have no such corruption")
        found.append(_target(GRAMMARS, "pairwise accuracy", kind, PAIRWISE, estimate))
    for name, one in slices.items():
        family = name.partition("/")[0]
        if family == TEXT:
            kinds = one.methods[SCORER].pairwise
            found += [
                _target(name, "pairwise accuracy", kind, PAIRWISE, kinds[kind]) for kind in CORRUPTIONS if kind in kinds
            ]
        elif family == JUDGED:
            writers = one.methods[SCORER].auc_within_writer
            found += [_target(name, "AUC within one writer", of, AUC, writers[of]) for of in sorted(writers)]
    return found


def _target(
    name: str,
    measure: Literal["pairwise accuracy", "AUC within one writer"],
    of: str,
    at_least: float,
    estimate: Estimate,
) -> Target:
    value, low, high = estimate.value, estimate.low, estimate.high
    verdict: Literal["met", "missed", "absent"] = "absent"
    sure = False
    if value is not None:
        verdict = "met" if value >= at_least else "missed"
        if low is not None and high is not None:
            sure = low >= at_least if verdict == "met" else high < at_least
    return Target(slice=name, measure=measure, of=of, at_least=at_least, estimate=estimate, verdict=verdict, sure=sure)
