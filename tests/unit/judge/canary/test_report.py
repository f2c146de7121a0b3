"""Judges of known character on the shipped suite: who passes, who does not, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from medreward.contract.errors import ServiceError
from medreward.judge import JudgeAsk, Judged
from medreward.judge.canary import Expect, Report, load_suite, report, run_suite
from medreward.rewards.types import Outcome, unscored
from medreward.scoring.deadline import Deadline

from .fakes import Absent, Always, Chance, Copying, Fake, Half, Knowing, OffMenu, Wavering, told

SUITE = load_suite()


def run(judge: Fake, expect: Expect = "verdict") -> Report:
    return asyncio.run(run_suite(judge, SUITE, expect, 60_000))


def failed(found: Report) -> dict[str, str]:
    return {failure.id: failure.reason for kind in found.kinds for failure in kind.failures}


def ratios(found: Report) -> dict[str, float]:
    return {kind.kind: kind.ratio for kind in found.kinds}


def test_a_judge_that_knows_its_work_passes() -> None:
    found = run(Knowing())
    assert found.ok
    assert (found.passed, found.absent) == (len(SUITE.cases), 0)
    assert set(ratios(found).values()) == {1.0}


def test_a_judge_that_rewards_everything_fails() -> None:
    found = run(Always(10, 10))
    assert not found.ok
    rates = ratios(found)
    assert rates["control"] == 1.0
    # what the parser and the rules decide never reaches it
    assert rates["empty"] == 1.0
    assert all(rates[kind] == 0.0 for kind in ("negation", "side", "number", "instructions", "both-perfect", "drowned"))


def test_a_judge_that_rewards_nothing_fails_on_the_controls_alone() -> None:
    found = run(Always(10, 1))
    assert not found.ok
    assert {kind for kind, ratio in ratios(found).items() if ratio < 1.0} == {"control"}
    assert failed(found)["control/paraphrase"] == "0 in place of 1"


def test_a_judge_that_copies_planted_scores_fails() -> None:
    reasons = failed(run(Copying()))
    assert reasons["planted-scores/json@10"] == "1 in place of 0"
    assert reasons["planted-scores/tokens@2"] == "1 in place of 0"


@pytest.mark.parametrize("seed", range(20))
def test_a_judge_of_random_weights_is_sound(seed: int) -> None:
    assert failed(run(Chance(seed), "sound")) == {}


def test_a_judge_of_random_weights_does_not_pass_for_one_that_knows() -> None:
    assert not run(Chance()).ok


@pytest.mark.parametrize("score", [10, 6, 2])
def test_a_judge_that_arrives_at_a_planted_score_by_itself_is_sound(score: int) -> None:
    assert run(Always(score, score), "sound").ok


def test_a_judge_that_copies_planted_scores_is_unsound() -> None:
    reasons = failed(run(Copying(), "sound"))
    assert reasons["planted-scores/json@6"] == "scores follow those planted in planted-scores/json"
    assert {identity.partition("@")[0] for identity in reasons} == {
        "planted-scores/json",
        "planted-scores/fence",
        "planted-scores/tokens",
    }


def test_a_judge_that_wavers_is_unsound() -> None:
    reasons = failed(run(Wavering(), "sound"))
    assert any("when asked again" in reason for reason in reasons.values())


@pytest.mark.parametrize(
    ("judge", "said"), [(OffMenu(), "score 11 is not on the menu of 1 to 10"), (Half(), "0.5 is no verdict")]
)
def test_an_invented_number_is_unsound(judge: Fake, said: str) -> None:
    assert said in failed(run(judge, "sound")).values()


@pytest.mark.parametrize("expect", ["verdict", "sound"])
def test_an_absent_verdict_is_not_passed_and_shown_with_its_status(expect: Expect) -> None:
    found = run(Absent("timeout", "histology"), expect)
    about = [case.id for case in SUITE.cases if "histology" in case.question]
    reasons = failed(found)
    assert set(reasons) < set(about)
    assert set(reasons.values()) == {"absent: timeout"}
    assert found.absent == len(reasons) > 3
    assert found.passed + found.absent == found.total


@pytest.mark.parametrize("expect", ["verdict", "sound"])
def test_a_judge_that_cannot_serve_passes_nothing_that_needs_it(expect: Expect) -> None:
    class Down(Fake):
        async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
            raise ServiceError("unavailable", "the engine is down")

    found = run(Down(), expect)
    rates = ratios(found)
    assert not found.ok
    assert rates["negation"] == rates["side"] == 0.0
    assert all(failure.status == "unavailable" for kind in found.kinds for failure in kind.failures)


def sure(**changed: Outcome) -> list[Outcome]:
    """Verdicts that are right, but for those changed, by name with ``_`` for ``/``."""
    right: dict[str, Outcome] = {case.id: told(9, 9) if case.expected else told(9, 1) for case in SUITE.cases}
    return list((right | {name.replace("_", "/"): outcome for name, outcome in changed.items()}).values())


@pytest.mark.parametrize("expect", ["verdict", "sound"])
def test_a_value_under_a_status_of_failure_is_not_passed(expect: Expect) -> None:
    results = sure(control_exact=Outcome("timeout", 1.0, "late"))
    assert set(failed(report(SUITE, results, expect, results))) == {"control/exact"}


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (told(9, 1), "0 in place of 1, which needs no judge"),
        (Outcome("ok", None, ""), "status ok without a value"),
    ],
)
def test_what_needs_no_judge_must_be_right_of_a_sound_one(outcome: Outcome, said: str) -> None:
    results = sure(control_exact=outcome)
    assert failed(report(SUITE, results, "sound", results)) == {"control/exact": said}


def test_a_status_that_is_none_is_unsound() -> None:
    unknown = unscored("timeout", "")._replace(status="lost")  # type: ignore[arg-type]
    results = sure(control_exact=unknown)
    assert failed(report(SUITE, results, "sound", results)) == {
        "control/exact": "status 'lost' is none of the contract's"
    }


def test_scores_that_differ_the_second_time_are_unsound() -> None:
    results, again = sure(), sure(control_exact=told(8, 8))
    assert failed(report(SUITE, results, "sound", again)) == {"control/exact": "scores 9, 9, and 8, 8 when asked again"}


def test_results_must_be_as_many_as_canaries() -> None:
    with pytest.raises(ValueError, match="shorter"):
        report(SUITE, sure()[:-1], "verdict")


def test_soundness_takes_a_second_run() -> None:
    with pytest.raises(ValueError, match="again"):
        report(SUITE, sure(), "sound")


def test_a_failure_says_what_the_judge_said() -> None:
    class Talking(Fake):
        def answer(self, ask: JudgeAsk) -> Outcome:
            scores: Mapping[str, int] = {"assistant1": 9, "assistant2": 9}
            return Outcome("ok", 1.0, "so " * 500, {"scores": scores})

    failure = next(kind for kind in run(Talking()).kinds if kind.kind == "side").failures[0]
    assert (failure.expected, failure.got, failure.status) == (0, 1.0, "ok")
    assert failure.detail.startswith("so so")
    assert len(failure.detail) == 300
