"""answer: is the final answer right, by rule? 0 or 1.

GEMeX-RMCoT section 4.2.2 scores closed and choice questions by exact accuracy. Here an open-ended answer is right
when it equals the reference after normalization; whoever wants it judged by meaning uses ``semantics``.
"""

from __future__ import annotations

from medreward.contract.types import Rollout
from medreward.parsing import Trajectory
from medreward.rewards.matching import BadReference, Verdict, match_choice, match_choices, match_text, match_yes_no
from medreward.rewards.types import Outcome, Params, Sample, scored, unscored


def answer(sample: Sample, params: Params) -> Outcome:
    """1 if the answer is right by rule, else 0; ``invalid_input`` when the reference or the choices make no sense."""
    return match(sample.rollout, sample.trajectory)


def match(rollout: Rollout, trajectory: Trajectory) -> Outcome:
    """The answer reward of one attempt at a rollout's question."""
    if rollout.reference is None or not rollout.reference.answer.strip():
        return unscored("invalid_input", "reference.answer: required")
    given, reference = trajectory.answer, rollout.reference.answer
    try:
        # an absent answer is still compared: a reference that makes no sense must never pass for a wrong answer
        verdict = _verdict(rollout, given or "", reference)
    except BadReference as error:
        return unscored("invalid_input", str(error))
    if given is None:
        problem = next((p.message for p in trajectory.problems), "the response has none")
        return scored(0.0, f"no answer: {problem}")
    return scored(verdict.value, verdict.detail, {"answer": given, "reference": reference})


def _verdict(rollout: Rollout, given: str, reference: str) -> Verdict:
    if rollout.question_type == "closed_ended":
        return match_yes_no(given, reference)
    if rollout.question_type == "open_ended":
        return match_text(given, reference)
    if not rollout.choices:
        raise BadReference("choices", f"required for a {rollout.question_type} question")
    rule = match_choice if rollout.question_type == "single_choice" else match_choices
    return rule(given, rollout.choices, reference)
