"""What a verdict becomes: the difference of two scores, asked in both orders or expected, and a low reference."""

from __future__ import annotations

import math

import pytest

from medreward.judge.ruling import rule
from medreward.judge.settings import JudgeSettings
from medreward.judge.types import Completion, Prompt, Token, Verdict
from tests.unit.judge.engine import RUBRICS, FakeEngine, ask, judged, scores, service, values


@pytest.mark.parametrize(
    ("reference", "candidate", "value"), [(9, 9, 1.0), (9, 8, 1.0), (8, 9, 1.0), (9, 7, 0.0), (7, 9, 0.0), (10, 1, 0.0)]
)
def test_right_is_a_difference_below_two(reference: int, candidate: int, value: float) -> None:
    done = judged(service(FakeEngine(scores(reference, candidate))), ask("fluid"))
    assert values(done) == [value]
    explained = done.outcomes[0].explanation
    assert explained is not None
    assert explained["engine"] == "fake"
    assert list(explained["scores"].values()) == [reference, candidate]


def test_margin_says_how_far_the_border_is() -> None:
    (outcome,) = judged(service(FakeEngine(scores(9, 3))), ask("fluid")).outcomes
    assert outcome.explanation is not None
    assert outcome.explanation["margin"] == 4.0


def test_asks_are_answered_in_their_order() -> None:
    done = judged(service(FakeEngine()), ask("abcdefgh"), ask("abc"), ask("hgfedcba"))
    assert values(done) == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(("second", "value"), [(5.0, 0.0), (5.0000001, 1.0)])
def test_a_mean_that_is_not_exact_does_not_cross_the_border(second: float, value: float) -> None:
    rubric = RUBRICS["semantics"]
    # 0.7 + 6.3, which is 6.999999999999999
    found = {"assistant1": 10 * 0.07 + 10 * 0.63, "assistant2": second}
    ruling = rule(rubric, Verdict({}, None, None, {}), found, JudgeSettings(low_reference={"below": 1}))
    assert ruling.value == value


def test_a_low_reference_is_marked_and_counted() -> None:
    done = judged(service(FakeEngine(scores(2, 2))), ask("abc"))
    assert values(done) == [1.0]
    assert "scores the reference itself low" in done.outcomes[0].detail
    assert done.counts.low_references == 1


def test_a_low_reference_can_be_left_unscored() -> None:
    judge = service(FakeEngine(scores(2, 2)), low_reference={"below": 5, "action": "unscored"})
    (outcome,) = judged(judge, ask("abc")).outcomes
    assert (outcome.status, outcome.value) == ("unparseable_verdict", None)
    assert "scores the reference itself low" in outcome.detail


def test_a_reference_at_the_limit_is_not_low() -> None:
    done = judged(service(FakeEngine(scores(5, 5))), ask("abc"))
    assert done.counts.low_references == 0


def _first_is_better(prompt: Prompt) -> Completion:
    """Prefers whatever stands first by three points: the bias that asking in both orders takes out."""
    return scores(9, 6)


def test_both_orders_take_out_a_preference_for_the_first() -> None:
    assert values(judged(service(FakeEngine(_first_is_better)), ask("abc"))) == [0.0]
    engine = FakeEngine(_first_is_better)
    done = judged(service(engine, swap="always"), ask("abc"))
    assert values(done) == [1.0]
    assert [prompt.swapped for prompt in engine.asked] == [False, True]
    assert (done.counts.swapped, done.counts.engine_calls) == (1, 2)
    explained = done.outcomes[0].explanation
    assert explained is not None
    assert list(explained["scores"].values()) == [7.5, 7.5]


@pytest.mark.parametrize(("pair", "calls"), [((9, 9), 1), ((9, 8), 2), ((9, 7), 2), ((9, 6), 2), ((9, 5), 1)])
def test_near_the_border_alone_asks_again(pair: tuple[int, int], calls: int) -> None:
    engine = FakeEngine(lambda prompt: scores(*(reversed(pair) if prompt.swapped else pair)))
    judged(service(engine, swap="border", border=1.0), ask("abc"))
    assert len(engine.asked) == calls


def _with_logprobs(prompt: Prompt) -> Completion:
    """9 and 7 as written, but the second is nearly an 8: apart by 2 in integers, by less in expectation."""
    pieces = ['{"', "assistant", "1", '":', " ", "9", ",", ' "', "assistant", "2", '":', " ", "7", ","]
    tops = {5: {"9": 0.9, "8": 0.1}, 12: {"7": 0.51, "8": 0.49}}
    tokens = []
    for index, piece in enumerate(pieces):
        top = tops.get(index, {piece: 1.0})
        tokens.append(Token(piece, math.log(top[piece]), [(text, math.log(p)) for text, p in top.items()]))
    return Completion("".join(pieces), "stop", tokens=tokens)


def test_expected_scores_come_from_the_log_probabilities() -> None:
    assert values(judged(service(FakeEngine(_with_logprobs)), ask("abc"))) == [0.0]
    engine = FakeEngine(_with_logprobs)
    (outcome,) = judged(service(engine, scoring="expected"), ask("abc")).outcomes
    assert engine.asked[0].top_logprobs > 0
    assert outcome.value == 1.0
    assert outcome.explanation is not None
    assert list(outcome.explanation["scores"].values()) == pytest.approx([8.9, 7.49])
    assert outcome.explanation["margin"] == pytest.approx(0.59)


def test_expected_scores_without_log_probabilities_are_no_verdict() -> None:
    (outcome,) = judged(service(FakeEngine(scores(9, 9)), scoring="expected"), ask("abc")).outcomes
    assert (outcome.status, outcome.value) == ("unparseable_verdict", None)
