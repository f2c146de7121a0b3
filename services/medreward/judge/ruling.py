"""From verdicts to a ruling: are the two answers close?

GEMeX-RMCoT, section 4.2.2: the judge scores reference and prediction from 1 to 10, and the reward is 1 when the
absolute difference of the two scores is below 2, else 0. Beyond the paper, by configuration: expected scores in place
of the written ones, both orders averaged, and no value where the judge scores the reference itself low.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from medreward.contract.errors import ServiceError
from medreward.judge import Ruling
from medreward.judge.expected import expected
from medreward.judge.rubrics import Rubric
from medreward.judge.settings import JudgeSettings
from medreward.judge.types import Verdict


class Compared(NamedTuple):
    """The scores of the two answers, and how they compare."""

    reference: float
    candidate: float
    margin: float
    """points between their absolute difference and the border"""


def scores_of(verdict: Verdict, settings: JudgeSettings) -> dict[str, float]:
    """The verdict's scores: as written, or expected.

    Raises:
        ServiceError: ``unparseable_verdict``, when expected scores are wanted and the log probabilities do not tell.
    """
    if settings.scoring == "integer":
        return {name: float(score) for name, score in verdict.scores.items()}
    missing = [name for name in verdict.scores if name not in verdict.distributions]
    if missing:
        raise ServiceError(
            "unparseable_verdict", f"the engine's log probabilities do not tell the expected {', '.join(missing)}"
        )
    return {name: expected(verdict.distributions[name]) for name in verdict.scores}


def compare(scores: Mapping[str, float], rubric: Rubric, settings: JudgeSettings) -> Compared:
    """The two answers of a rubric that has a pair."""
    reference, candidate = (scores[name] for name in list(rubric.scores)[:2])
    return Compared(reference, candidate, abs(abs(reference - candidate) - settings.within))


def averaged(both: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each score over the two orders."""
    return {name: sum(scores[name] for scores in both) / len(both) for name in both[0]}


def rule(
    rubric: Rubric, verdict: Verdict, scores: Mapping[str, float], settings: JudgeSettings, *, orders: int = 1
) -> Ruling:
    """The ruling of a judgement whose verdicts are all in.

    Args:
        rubric: under which it was asked.
        verdict: of the first order; its reason and choice are reported.
        scores: final ones, over the orders asked.
        settings: border, and what to do with a reference that is scored low.
        orders: 1, or 2 when the answers were also judged exchanged.
    """
    if verdict.choice is not None:
        label = rubric.options[verdict.choice]
        return Ruling("ok", f"{verdict.choice}. {label}", choice=verdict.choice, label=label, reason=verdict.reason)
    if rubric.swap is None:
        detail = ", ".join(f"{name} {score:g}" for name, score in scores.items())
        return Ruling("ok", detail, scores, reason=verdict.reason)
    found = compare(scores, rubric, settings)
    apart = round(abs(found.reference - found.candidate), 9)  # means of probabilities are not exact
    detail = (
        f"the {_judge(settings)} scores the reference {_said(found.reference)} and the answer "
        f"{_said(found.candidate)}: {_said(apart)} apart, right is below {settings.within:g}"
    )
    if orders == 2:
        detail += "; mean of both orders"
    if is_low(found.reference, rubric, settings):
        low = f"the {_judge(settings)} scores the reference itself low (under {settings.low_reference.below} of 10)"
        if settings.low_reference.action == "unscored":
            return Ruling("unparseable_verdict", f"{low}: {detail}")
        detail += f"; {low}"
    value = 1.0 if apart < settings.within else 0.0
    return Ruling("ok", detail, scores, value=value, margin=round(found.margin, 6), reason=verdict.reason)


def is_low(reference: float, rubric: Rubric, settings: JudgeSettings) -> bool:
    """Whether the judge's score of the reference is one that any equally bad answer would match.

    The setting is on the scale from 1 to 10; another scale is taken in proportion.
    """
    low, high = next(iter(rubric.scores.values()))
    return reference < low + (settings.low_reference.below - 1) / 9 * (high - low)


def on_menu(rubric: Rubric, verdict: Verdict) -> bool:
    """Whether a verdict that was kept is one that the rubric allows: what lies in a shared cache can be anything."""
    if not rubric.scores:
        return verdict.choice in rubric.options
    return verdict.scores.keys() == rubric.scores.keys() and all(
        low <= verdict.scores[name] <= high
        and all(low <= number <= high for number in verdict.distributions.get(name, ()))
        and math.isclose(math.fsum(verdict.distributions.get(name, {low: 1.0}).values()), 1.0, abs_tol=1e-6)
        for name, (low, high) in rubric.scores.items()
    )


def _judge(settings: JudgeSettings) -> str:
    # whoever reads a detail must not take rules for a medical model
    return "embedded judge" if settings.engine == "embedded" else "judge"


def _said(score: float) -> str:
    return f"{score:.4g}"
