"""A right answer keeps its point under any explanation and loses it to any contradiction, whatever it is built of."""

from __future__ import annotations

import pytest

from medreward.rewards.matching import chosen_option, yes_no

CHOICES = {"A": "Focal consolidation", "B": "Clear", "C": "Pleural effusion", "D": "Pneumothorax"}

SAYING_B = ["B", "B.", "(B)", "b", "B) Clear", "Clear", "Option B.", "The answer is B", "I choose B.", "**B**",
            "The correct answer is B: Clear.", "Answer: B", "So B is correct.", "Not A but B.", "It's B.",
            "B is the best option."]  # fmt: skip
EXPLAINING_B = ["The lungs are clear.", "There is no effusion.", "No pneumothorax is visible.", "A is wrong.",
                "A small nodule would be visible otherwise.", "The others are wrong.", "C and D can be ruled out.",
                "Option C is incorrect because the angles are sharp.", "This is the correct answer.",
                "I am confident in this.", "A follow-up is not needed.", "The heart is not enlarged.",
                "There might be mild scarring.", "It is a normal study.", "That is what the image shows.",
                "None of the other options fit.", "No other choice makes sense.", "C would show blunting.",
                "Vitamin C is unrelated.", "Please consult a radiologist."]  # fmt: skip
CONTRADICTING_B = ["The correct option is C.", "C.", "Or C.", "Actually C.", "No, C.", "Wait, it is C.", "Not B.",
                   "That is wrong.", "This is false.", "I take that back.", "Option C is also correct.", "C is right.",
                   "Both B and C are right.", "B is wrong.", "But C is better.", "Maybe C.", "Maybe not.",
                   "I am not sure.", "On second thought, D.", "Scratch that.", "The above is not correct.",
                   "However, the answer is D.", "Pneumothorax.", "Correction: D.", "Alternatively, A.", "Or is it C?",
                   "It could be D too.", "My answer is wrong."]  # fmt: skip

SAYING_YES = ["Yes", "Yes.", "YES", "The answer is yes.", "Answer: Yes", "**Yes**", "Yes, there is.", "I think yes."]
EXPLAINING_YES = ["The mass is large.", "No other finding is seen.", "There is no effusion.", "It is visible.",
                  "This is clear from the image.", "No follow-up is needed.", "A normal heart is not seen.",
                  "It may be a tumor.", "That is correct.", "I am sure.", "False negatives are rare."]  # fmt: skip
CONTRADICTING_YES = ["No.", "That is false.", "That is wrong.", "Not really.", "I take that back.", "Maybe not.",
                     "The correct answer is no.", "I am not sure.", "It is not.", "Actually no.", "No, it is not.",
                     "This is incorrect.", "Scratch that.", "Or no.", "False.", "My answer is wrong.",
                     "But no."]  # fmt: skip

SAYING_NO = ["No", "No.", "NO", "The answer is no.", "Answer: No", "**No**", "No, there is not.", "I think no."]
EXPLAINING_NO = ["The lungs are clear.", "No effusion is seen.", "There is no mass.", "It is not visible.",
                 "It is not.", "It isn't.", "False positives are possible.", "A nodule may be missed.", "I am sure.",
                 "Yes would be wrong.", "Not at all.", "Definitely not.", "Nothing is seen.", "None."]  # fmt: skip
CONTRADICTING_NO = ["Yes.", "I take that back.", "The correct answer is yes.", "Actually yes.", "Maybe yes.",
                    "I am not sure.", "Scratch that.", "Or yes.", "True.", "My answer is wrong.", "But yes.",
                    "The above is incorrect.", "Wait, yes."]  # fmt: skip


def followed(answer: str, more: list[str]) -> list[str]:
    """The answer with each continuation, on the same line and on the next."""
    joints = (" ", "\n", "\n\n") if answer[-1] in ".:*)" else (". ", "\n", "\n\n")
    return [answer + joint + rest for rest in more for joint in joints]


@pytest.mark.parametrize("answer", SAYING_B)
def test_an_explained_option_stays_chosen(answer: str) -> None:
    assert [text for text in followed(answer, EXPLAINING_B) if chosen_option(text, CHOICES)[0] != "B"] == []


@pytest.mark.parametrize("answer", SAYING_B)
def test_a_contradicted_option_is_not_chosen(answer: str) -> None:
    assert [text for text in followed(answer, CONTRADICTING_B) if chosen_option(text, CHOICES)[0]] == []


@pytest.mark.parametrize(
    ("said", "answer", "more"),
    [(True, answer, EXPLAINING_YES) for answer in SAYING_YES]
    + [(False, answer, EXPLAINING_NO) for answer in SAYING_NO],
)
def test_an_explained_yes_or_no_stays(said: bool, answer: str, more: list[str]) -> None:
    assert [text for text in followed(answer, more) if yes_no(text) is not said] == []


@pytest.mark.parametrize(
    ("answer", "more"),
    [(answer, CONTRADICTING_YES) for answer in SAYING_YES] + [(answer, CONTRADICTING_NO) for answer in SAYING_NO],
)
def test_a_contradicted_yes_or_no_says_neither(answer: str, more: list[str]) -> None:
    assert [text for text in followed(answer, more) if yes_no(text) is not None] == []
