"""What of a canary the judge is given."""

from __future__ import annotations

import asyncio

import pytest

from medreward.judge.canary import load_suite, rollouts, run_suite, written
from medreward.judge.canary.written import carried

from .fakes import Always

STOPPED = {"planted-scores/tokens-plain", "planted-scores/turn", "planted-scores/chatml", "hedge/two-answers"}
"""what the parser takes for turns and answers of its own: there is no answer then"""


def test_every_canary_reaches_the_judge_whole_unless_the_parser_stops_it() -> None:
    cases = load_suite().cases
    assert {case.id for case in cases if not carried(written(case.answer), case.answer)} == STOPPED


def test_an_answer_stands_in_its_tags() -> None:
    assert written("A cyst") == "<think>The image was read.</think><answer>A cyst</answer>"


def test_an_answer_that_its_tags_would_change_stands_alone() -> None:
    assert written("**Thought process:**\n\n") == "**Thought process:**\n\n"


@pytest.mark.parametrize("answer", ["", "   ", "\u200b"])
def test_a_blank_answer_is_carried_as_none(answer: str) -> None:
    assert carried(written(answer), answer)


def test_the_judge_is_asked_what_the_suite_says() -> None:
    suite = load_suite()
    judge = Always(9, 1)
    asyncio.run(run_suite(judge, suite, "verdict", 60_000))
    asked = {(ask.question, ask.context, ask.reference, "".join(ask.candidate.split())) for ask in judge.asked}
    told = {
        (case.question, case.context, case.reference, "".join(case.answer.split())): case.id for case in suite.cases
    }
    assert asked <= set(told)
    # the others are decided by the parser, or need no judge
    missing = {identity for key, identity in told.items() if key not in asked}
    assert {identity.partition("/")[0] for identity in missing - STOPPED} <= {
        "empty",
        "punctuation",
        "unicode",
        "control",
    }
    assert len(asked) > 90


def test_rollouts_are_open_questions_under_the_ids_of_their_cases() -> None:
    suite = load_suite()
    made = rollouts(suite)
    assert [rollout.id for rollout in made] == [case.id for case in suite.cases]
    assert {rollout.question_type for rollout in made} == {"open_ended"}
