"""What holds for every answer and every set of choices."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreward.rewards.matching import chosen_options, match_choice, match_choices, match_text, match_yes_no, normalize
from medreward.rewards.matching.options import lexicon_of
from medreward.rewards.matching.reading import read

TEXTS = ("Clear", "Opacity", "No effusion", "Effusion", "1.5 cm", "ER+", "Heart and lungs", "Yes", "No", "Right", "C")
_TALK = r"""A B C D E a b I no not yes or and , . ? ! : ; ( ) [ ] - / & + the is are it that wrong right correct
    answer option maybe could if because but wait than ** ` $ \boxed{ } ❌ ✅ <s> </s> ~~ 1.5 % lung opacity effusion
    clear"""
WORDS = (*_TALK.split(), "\n", "None of the above", "take that back", "\ud800", "²", "Ｂ")

free_text = st.text(max_size=200)
talk = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
tight_talk = st.lists(st.sampled_from(WORDS), max_size=25).map("".join)
answers = st.one_of(free_text, talk, tight_talk)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, str]:
    texts = draw(st.lists(st.sampled_from(TEXTS), min_size=2, max_size=6, unique=True))
    return dict(zip(string.ascii_uppercase, texts, strict=False))


@given(answers, questions())
@settings(max_examples=400, deadline=None)
def test_no_answer_raises_and_every_reward_is_zero_or_one(answer: str, choices: dict[str, str]) -> None:
    verdicts = [
        match_choice(answer, choices, "A"),
        match_choices(answer, choices, "A, B"),
        match_yes_no(answer, "yes"),
        match_text(answer, "left lung"),
    ]
    for value, detail in verdicts:
        assert value in (0.0, 1.0)
        assert detail
        assert detail.isprintable()
        assert len(detail) < 200


@given(answers, questions())
@settings(max_examples=200, deadline=None)
def test_at_most_one_reference_is_rewarded(answer: str, choices: dict[str, str]) -> None:
    assert sum(match_choice(answer, choices, key).value for key in choices) <= 1.0
    assert match_yes_no(answer, "yes").value + match_yes_no(answer, "no").value <= 1.0


@given(answers)
def test_normalizing_is_idempotent_enough_to_compare(text: str) -> None:
    assert match_text(text, "left lung").value == float(normalize(text) == normalize("left lung"))


@given(questions(), st.data())
def test_the_reference_letter_earns_one_and_any_other_letter_zero(choices: dict[str, str], data: st.DataObject) -> None:
    right, said = data.draw(st.sampled_from(sorted(choices))), data.draw(st.sampled_from(sorted(choices)))
    for form in (
        "{}",
        "({})",
        "{}.",
        "**{}**",
        "Option {}",
        "The answer is {}.",
        "\\boxed{{{}}}",
        "\n {}\n",
        "I choose {}",
    ):
        for spelled in (said, said.lower()):
            assert match_choice(form.format(spelled), choices, right).value == float(said == right)


@given(questions(), st.data())
def test_a_right_answer_that_goes_on_to_another_earns_zero(choices: dict[str, str], data: st.DataObject) -> None:
    right = data.draw(st.sampled_from(sorted(choices)))
    other = data.draw(st.sampled_from([key for key in choices if key != right]))
    form = data.draw(st.sampled_from(("{}", "{}.", "({})", "The answer is {}.", "Option {}.")))
    for more in ("The correct answer is {}.", "The correct option is {}.", "Wait, actually {}.", "No, {}.", "Or {}."):
        assert match_choice(f"{form.format(right)} {more.format(other)}", choices, right).value == 0.0
    assert match_choices(f"{right}. The correct answer is {other}.", choices, right).value == 0.0


@given(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=4, unique=True), st.randoms())
def test_order_and_spelling_of_a_set_do_not_count(keys: list[str], shuffle: random.Random) -> None:
    choices = {"A": "Opacity", "B": "Nodule", "C": "Effusion", "D": "Mass"}
    reference = ", ".join(keys)
    shuffle.shuffle(keys)
    for joint in (", ", " and ", ",", "; ", "/", " & ", "\n", ""):
        assert match_choices(joint.join(keys), choices, reference).value == 1.0
    assert match_choices(", ".join(choices[key] for key in keys), choices, reference).value == 1.0


@pytest.mark.parametrize(
    "dress", ["**{}**", " {} ", "{}\n", "`{}`", "_{}_", "<answer>{}</answer>", "{}<|im_end|>", "“{}”"]
)
@pytest.mark.parametrize(
    "answer", ["B", "B. Clear", "Clear", "The answer is B", "Not B", "A or B", "B. That is wrong."]
)
def test_dress_changes_nothing(answer: str, dress: str) -> None:
    choices = {"A": "Opacity", "B": "Clear"}
    assert chosen_options(dress.format(answer), choices)[0] == chosen_options(answer, choices)[0]


def test_what_is_looked_up_is_what_reading_would_find() -> None:
    for texts in (TEXTS, ("Left", "Right"), ("Yes", "No", "Uncertain"), ("C", "D", "A"), ("Not visible", "Visible")):
        lexicon = lexicon_of(dict(zip(string.ascii_uppercase, texts, strict=False)))
        for form, keys in lexicon.bare.items():
            assert read(f" {form}", lexicon).chosen == keys, form
