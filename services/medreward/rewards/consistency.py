"""consistency: does the trajectory hold together? [0, 1], by the trajectory scorer (MEDSAGE, appendix A.4).

The scorer reads the question with its options, the stages as the response wrote them, and the answer; a letter is
put to it with its option's words, for by itself it contradicts nothing. A response without any stage to read is a
fair 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreward.contract.types import Rollout
from medreward.rewards.matching import BadReference, chosen_options
from medreward.rewards.types import Outcome, Params, Pending, Sample, scored, unscored
from medreward.scorer import ScorerAsk

_READ = frozenset({"localization", "visual", "knowledge", "conclusion", "think"})


def consistency(sample: Sample, params: Params) -> Outcome | Pending:
    """The scorer's quality of the trajectory; absent when there is no scorer, or the choices make no sense."""
    trajectory = sample.trajectory
    stages = tuple((stage.name, stage.text) for stage in trajectory.stages if stage.name in _READ and stage.text)
    if not stages:
        return scored(0.0, "no reasoning stage to read")
    try:
        answer = _in_words(trajectory.answer or "", sample.rollout.choices)
    except BadReference as error:
        return unscored("invalid_input", str(error))
    return Pending("scorer", (ScorerAsk(_with_options(sample.rollout), stages, answer),), _only)


def _with_options(rollout: Rollout) -> str:
    options = [f"{key}) {text}" for key, text in (rollout.choices or {}).items()]
    return "\n".join([rollout.question, *options])


def _in_words(answer: str, choices: dict[str, str] | None) -> str:
    """The options that the answer stands by; the answer as it is where it stands by none."""
    if not choices or not answer:
        return answer
    chosen, _ = chosen_options(answer, choices)
    return "; ".join(f"{key}. {text}" for key, text in choices.items() if key in chosen) or answer


def _only(answers: Sequence[Outcome]) -> Outcome:
    return answers[0]
