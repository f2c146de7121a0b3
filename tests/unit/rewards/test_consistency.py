"""What the trajectory scorer is asked, and what is decided without it."""

from __future__ import annotations

from medreward.rewards.consistency import consistency
from medreward.rewards.types import Outcome, Params, Pending, scored
from medreward.scorer import ScorerAsk

from .build import lvkc, sample


def _ask(*args: str, **changes: object) -> ScorerAsk:
    pending = consistency(sample(*args, **changes), Params())
    assert isinstance(pending, Pending)
    (ask,) = pending.asks
    assert isinstance(ask, ScorerAsk)
    return ask


def test_the_question_is_asked_with_its_options() -> None:
    assert _ask(lvkc("B")).question == ("What is seen?\nA) Pleural effusion\nB) Focal consolidation\nC) Pneumothorax")


def test_a_letter_is_put_with_its_words() -> None:
    assert _ask(lvkc("B")).answer == "B. Focal consolidation"
    assert _ask(lvkc("(c)")).answer == "C. Pneumothorax"


def test_several_options_stand_in_the_order_of_the_choices() -> None:
    assert _ask(lvkc("C, A"), question_type="multi_choice").answer == "A. Pleural effusion; C. Pneumothorax"


def test_an_answer_that_names_no_option_stays_as_it_is() -> None:
    assert _ask(lvkc("a rib fracture")).answer == "a rib fracture"


def test_an_open_answer_stays_as_it_is() -> None:
    ask = _ask(lvkc("B cells"), choices=None, question_type="open_ended")
    assert ask.answer == "B cells"
    assert ask.question == "What is seen?"


def test_only_reasoning_stages_are_read_and_none_is_invented() -> None:
    ask = _ask("<think>fluid at the base</think><response><answer>A</answer></response>")
    assert ask.stages == (("think", "fluid at the base"),)


def test_stages_are_read_in_the_order_written() -> None:
    ask = _ask("<CON>so</CON><VISUAL>a shadow</VISUAL><ANSWER>A</ANSWER>")
    assert [name for name, _ in ask.stages] == ["conclusion", "visual"]


def test_a_response_without_stages_is_a_fair_zero() -> None:
    outcome = consistency(sample("It is B."), Params())
    assert outcome == scored(0.0, "no reasoning stage to read")


def test_choices_that_make_no_sense_leave_it_absent() -> None:
    outcome = consistency(sample(lvkc("A"), choices={"first": "fluid", "second": "air"}), Params())
    assert isinstance(outcome, Outcome)
    assert outcome.status == "invalid_input"
    assert "choices" in outcome.detail
