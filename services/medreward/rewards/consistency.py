"""consistency: does the trajectory hold together? [0, 1], by the trajectory scorer (MEDSAGE, appendix A.4).

A response without any stage to read is a fair 0; any other is put to the scorer.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreward.rewards.types import Outcome, Params, Pending, Sample, scored
from medreward.scorer import ScorerAsk

_READ = frozenset({"localization", "visual", "knowledge", "conclusion", "think"})


def consistency(sample: Sample, params: Params) -> Outcome | Pending:
    """The scorer's quality of the trajectory; absent when there is no scorer."""
    trajectory = sample.trajectory
    stages = tuple((stage.name, stage.text) for stage in trajectory.stages if stage.name in _READ and stage.text)
    if not stages:
        return scored(0.0, "no reasoning stage to read")
    ask = ScorerAsk(sample.rollout.question, stages, trajectory.answer or "")
    return Pending("scorer", (ask,), _only)


def _only(answers: Sequence[Outcome]) -> Outcome:
    return answers[0]
