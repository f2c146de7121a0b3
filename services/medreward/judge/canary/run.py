"""A suite as rollouts, and put to a judge in this process."""

from __future__ import annotations

from medreward.contract.types import Component, Reference, Rollout, ScoreRequest
from medreward.judge import Judge
from medreward.judge.canary.report import Expect, Report, report
from medreward.judge.canary.suite import Suite
from medreward.judge.canary.written import written

COMPONENT = "semantics"
"""the reward that a suite is scored by"""


def rollouts(suite: Suite) -> list[Rollout]:
    """One for each case, in order, under its id: an open question with the answer as a policy would write it."""
    return [
        Rollout(
            id=case.id,
            group_id=case.id,
            question=case.question,
            question_type="open_ended",
            context=case.context or None,
            response=written(case.answer),
            reference=Reference(case.reference),
        )
        for case in suite.cases
    ]


async def run_suite(judge: Judge, suite: Suite, expect: Expect, deadline_ms: int) -> Report:
    """Puts a suite to a judge, on the way that a rollout takes: parser, semantics reward, judge.

    Never raises for what the judge does: what it could not serve is absent in the report.

    Args:
        judge: to be tested.
        suite: with what.
        expect: ``verdict``, or ``sound`` for a judge that knows no medicine; the suite is then asked twice.
        deadline_ms: milliseconds that it may take each time.
    """
    # here, not above: the pipeline takes the judge's package
    from medreward.scoring.pipeline import Pipeline
    from medreward.scoring.registry import load_rewards

    pipeline = Pipeline({}, load_rewards(), judge=judge)
    request = ScoreRequest(components={COMPONENT: 1.0}, deadline_ms=deadline_ms, explain=True, rollouts=rollouts(suite))

    async def asked() -> list[Component]:
        return [result.components[COMPONENT] for result in (await pipeline.score(request)).results]

    results = await asked()
    return report(suite, results, expect, await asked() if expect == "sound" else None)
