"""semantics: is the answer right in meaning? 0 or 1 (GEMeX-RMCoT section 4.2.2; MEDSAGE's answer reward).

Closed and choice questions are decided by rule (``answer``). An open-ended answer that equals the reference after
normalization is right, one without words is wrong; any other is put to the judge.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreward.contract.types import Rollout
from medreward.judge import JudgeAsk
from medreward.judge.shortcut import EQUAL, NO_WORDS, has_words
from medreward.parsing import Trajectory
from medreward.rewards.answer import match
from medreward.rewards.types import Outcome, Params, Pending, Sample, unscored


def semantics(sample: Sample, params: Params) -> Outcome | Pending:
    """1 if the answer means what the reference means, else 0; absent when the judge has no verdict."""
    return meaning(sample.rollout, sample.trajectory, sample.explain)


def meaning(rollout: Rollout, trajectory: Trajectory, explain: bool) -> Outcome | Pending:
    """The semantics reward of one attempt at a rollout's question; with ``explain`` the judge says its reason."""
    outcome = match(rollout, trajectory)
    if rollout.question_type != "open_ended" or outcome.value is None:
        return outcome
    given = trajectory.answer
    if outcome.value == 1.0:
        return outcome._replace(detail=EQUAL)
    if given is None:
        return outcome._replace(detail=f"{outcome.detail}: no judge was asked")
    if not has_words(given):
        return outcome._replace(detail=NO_WORDS)
    if not rollout.question.strip():
        return unscored("invalid_input", "question: required to judge an open-ended answer")
    assert rollout.reference is not None  # match() scored against it
    ask = JudgeAsk(rollout.question, rollout.context or "", rollout.reference.answer, given, explain)
    return Pending("judge", (ask,), _only)


def _only(answers: Sequence[Outcome]) -> Outcome:
    return answers[0]
