"""Which rubric is asked with which fields, what needs no judge, and when a reason is asked for."""

from __future__ import annotations

import pytest

from medreward.contract.errors import ErrorCode, RequestError
from medreward.judge.types import Completion
from tests.unit.judge.engine import RUBRICS, FakeEngine, ask, judged, ruled, scores, service, values


def test_unknown_rubric_is_not_found() -> None:
    with pytest.raises(RequestError) as refused:
        ruled(service(FakeEngine()), "nonsense", {})
    assert refused.value.code is ErrorCode.NOT_FOUND
    assert "semantics" in refused.value.message


def test_unknown_field_is_named() -> None:
    with pytest.raises(RequestError) as refused:
        ruled(service(FakeEngine()), "semantics", {"question": "q", "answer": "a"})
    assert refused.value.code is ErrorCode.INVALID
    assert refused.value.fields[0].path == "items[0].fields.answer"


def test_missing_field_is_invalid_input_of_that_item_alone() -> None:
    good = {"question": "q", "reference": "abc", "candidate": "xyz"}
    done = ruled(service(FakeEngine()), "semantics", {"question": "q", "candidate": "x"}, good)
    assert [ruling.status for ruling in done.rulings] == ["invalid_input", "ok"]
    assert "reference" in done.rulings[0].detail


def test_stages_gives_its_four_scores() -> None:
    text = '{"localization": 4, "visual_analysis": 3, "knowledge": 5, "reasoning": 2,'
    rubric = RUBRICS["stages"]
    fields = dict.fromkeys(rubric.fields, "text")
    (ruling,) = ruled(service(FakeEngine(Completion(text, "stop"))), "stages", fields).rulings
    assert list(ruling.scores.values()) == [4, 3, 5, 2]
    assert ruling.value is None


def test_semantics_rubric_must_compare_two_answers() -> None:
    with pytest.raises(ValueError, match=r"judge\.semantics_rubric"):
        service(FakeEngine(), semantics_rubric="review")


@pytest.mark.parametrize(("candidate", "value"), [("Effusion.", 1.0), ("...", 0.0), (":", 0.0), ("\u200b!", 0.0)])
def test_plain_cases_need_no_judge_and_say_so(candidate: str, value: float) -> None:
    engine = FakeEngine()
    done = judged(service(engine), ask(candidate))
    assert values(done) == [value]
    assert "no judge was asked" in done.outcomes[0].detail
    assert engine.asked == []
    assert done.counts.short_cuts == 1


@pytest.mark.parametrize("blank", ["", "  ", "\u200b"])
def test_an_empty_answer_is_wrong_and_a_missing_one_invalid(blank: str) -> None:
    fields = {"question": "q", "reference": "abc"}
    done = ruled(service(FakeEngine()), "semantics", {**fields, "candidate": blank}, fields)
    assert [(ruling.status, ruling.value) for ruling in done.rulings] == [("ok", 0.0), ("invalid_input", None)]


def test_a_long_answer_is_cut_and_that_is_said() -> None:
    engine = FakeEngine(scores(9, 3))
    (outcome,) = judged(service(engine, candidate_chars=100), ask("long " * 1000)).outcomes
    assert "cut to its limit: candidate" in outcome.detail
    assert sum(len(message.content) for message in engine.asked[0].messages) < 4000


def test_texts_that_are_equal_only_where_they_were_cut_are_judged() -> None:
    engine = FakeEngine(scores(9, 3))
    done = judged(service(engine, candidate_chars=100), ask("a" * 100 + " left", reference="a" * 100 + " right"))
    assert len(engine.asked) == 1
    assert values(done) == [0.0]


def test_rubrics_that_compare_nothing_have_no_short_cut() -> None:
    engine = FakeEngine(Completion('{"verdict": "A",', "stop"))
    done = ruled(service(engine), "review", {"question": "q", "reference": "same", "candidate": "same"})
    assert len(engine.asked) == 1
    assert (done.rulings[0].choice, done.rulings[0].label) == ("A", "Correct")


def test_reason_is_asked_for_only_when_wanted() -> None:
    engine = FakeEngine()
    judge = service(engine)
    (plain,) = judged(judge, ask("abc")).outcomes
    (explained,) = judged(judge, ask("abc", explain=True)).outcomes
    assert plain.explanation is not None
    assert explained.explanation is not None
    assert "reason" not in plain.explanation
    assert explained.explanation["reason"] == "by length"
    assert plain.value == explained.value
    assert [bool(prompt.stop) for prompt in engine.asked] == [True, False]
