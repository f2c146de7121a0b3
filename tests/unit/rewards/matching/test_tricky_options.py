"""Options that are hard to tell from the talk around them."""

from __future__ import annotations

import string

import pytest

from medreward.rewards.matching import chosen_option, chosen_options

TABLES: dict[str, tuple[dict[str, str], list[tuple[str, str | None]]]] = {
    "options that are yes and no": (
        {"A": "Yes", "B": "No"},
        [
            ("A", "A"),
            ("Yes", "A"),
            ("No", "B"),
            ("A) Yes", "A"),
            ("B) No", "B"),
            ("B. No", "B"),
            ("A. No", None),
            ("B. Yes", None),
            ("Yes.", "A"),
            ("yes", "A"),
            ("no", "B"),
            ("The answer is yes", "A"),
            ("The answer is no.", "B"),
            ("No, it is not visible.", "B"),
            ("Yes, it is.", "A"),
            ("B) No, there is no effusion", "B"),
            ("(A) Yes, there is", "A"),
            ("Yes. No.", None),
            ("Yes or no", None),
            ("A or B", None),
            ("Not yes", None),
            ("No (B)", "B"),
            ("Yes (B)", None),
            ("No, A", None),
            ("No effusion is seen.", "B"),
            ("A. Yes, no pneumothorax is seen elsewhere", "A"),
            ("Option B: No", "B"),
            ("**B) No**", "B"),
            ("A is correct", "A"),
            ("A, yes", "A"),
            ("Yes, A", "A"),
            ("B, no", "B"),
        ],
    ),
    "yes, no and uncertain": (
        {"A": "No", "B": "Yes", "C": "Uncertain"},
        [
            ("Yes", "B"),
            ("No", "A"),
            ("A. No", "A"),
            ("No.", "A"),
            ("B. Yes", "B"),
            ("Uncertain", "C"),
            ("C. Uncertain", "C"),
            ("It is uncertain", "C"),
            ("Not sure", None),
        ],
    ),
    "numbers": (
        {"A": "1.5 cm", "B": "15 cm", "C": "150 cm"},
        [
            ("1.5 cm", "A"),
            ("1.5cm", "A"),
            ("15 cm", "B"),
            ("A. 1.5 cm", "A"),
            ("A. 15 cm", None),
            ("The answer is 1.5 cm", "A"),
            ("5 cm", None),
            (".5 cm", None),
            ("1.5", None),
            ("-1.5 cm", None),
            ("1,5 cm", None),
            ("11.5 cm", None),
            ("15.0 cm", None),
            ("B: 15 cm", "B"),
            ("1.5 mm", None),
            ("150 cm", "C"),
            ("It is 150 cm.", "C"),
            ("It is 1.5 cm in diameter", None),
        ],
    ),
    "signs": (
        {"A": "ER+", "B": "ER-", "C": "ER positive"},
        [
            ("ER+", "A"),
            ("ER-", "B"),
            ("er+", "A"),
            ("ER", None),
            ("The answer is ER+.", "A"),
            ("The answer is ER-", "B"),
            ("A. ER+", "A"),
            ("A. ER-", None),
            ("B) ER-", "B"),
            ("ER−", "B"),
            ("ER positive", "C"),
            ("ER-positive", "C"),
        ],
    ),
    "letters as texts": (
        {"A": "C", "B": "D", "C": "A"},
        [
            ("A", "A"),
            ("B", "B"),
            ("C", "C"),
            ("A: C", "A"),
            ("A. C", "A"),
            ("A) C", "A"),
            ("B: D", "B"),
            ("D", "B"),
            ("B. D", "B"),
            ("The answer is A", "A"),
            ("The answer is D.", "B"),
            ("C: A", "C"),
            ("A and C", None),
        ],
    ),
    "letters as each other's texts": (
        {"A": "B", "B": "A"},
        [
            ("A", "A"),
            ("B", "B"),
            ("A: B", "A"),
            ("B. A", "B"),
            ("(A)", "A"),
            ("Option B", "B"),
        ],
    ),
    "options inside options": (
        {"A": "Pleural effusion", "B": "No pleural effusion", "C": "Left pleural effusion", "D": "Effusion"},
        [
            ("Pleural effusion", "A"),
            ("No pleural effusion", "B"),
            ("no pleural effusion.", "B"),
            ("Left pleural effusion", "C"),
            ("Effusion", "D"),
            ("There is no pleural effusion.", "B"),
            ("There is a pleural effusion", "A"),
            ("Right pleural effusion", None),
            ("pleural effusion is not seen", None),
            ("Not pleural effusion", None),
            ("B. No pleural effusion", "B"),
            ("A. No pleural effusion", None),
            ("The answer is no pleural effusion", "B"),
            ("A: pleural effusion", "A"),
            ("Small pleural effusion", None),
            ("Left-sided pleural effusion", None),
        ],
    ),
    "options about options": (
        {"A": "Opacity", "B": "Effusion", "C": "Both A and B", "D": "None of the above", "E": "All of the above"},
        [
            ("Both A and B", "C"),
            ("C. Both A and B", "C"),
            ("C", "C"),
            ("None of the above", "D"),
            ("D. None of the above.", "D"),
            ("E. All of the above", "E"),
            ("All of the above", "E"),
            ("The answer is all of the above.", "E"),
            ("A and B", None),
            ("None of the above is correct.", "D"),
            ("The answer is C, both A and B.", "C"),
            ("both a and b", "C"),
            ("D", "D"),
            ("A or B", None),
            ("None", None),
        ],
    ),
    "an option that names two others": (
        {"A": "x-ray", "B": "CT", "C": "MRI", "D": "A and C"},
        [
            ("A and C", "D"),
            ("D. A and C", "D"),
            ("A", "A"),
            ("A and B", None),
            ("D", "D"),
            ("The answer is A and C.", "D"),
        ],
    ),
    "negated options": (
        {"A": "Not visible", "B": "Visible", "C": "Cannot be determined"},
        [
            ("Not visible", "A"),
            ("A. Not visible", "A"),
            ("It is not visible.", "A"),
            ("Visible", "B"),
            ("B. Visible", "B"),
            ("Cannot be determined", "C"),
            ("C. Cannot be determined", "C"),
            ("It cannot be determined.", "C"),
            ("The answer cannot be determined", "C"),
            ("not visible", "A"),
            ("B: visible", "B"),
            ("A: visible", None),
            ("It is visible", "B"),
        ],
    ),
    "sides, one of them a word of approval": (
        {"A": "Left", "B": "Right", "C": "Both"},
        [
            ("Left", "A"),
            ("Right", "B"),
            ("left", "A"),
            ("right.", "B"),
            ("B. Right", "B"),
            ("The answer is right", "B"),
            ("It is left.", "A"),
            ("It is right.", "B"),
            ("Left is right", "A"),
            ("A is right", "A"),
            ("Left lung", None),
            ("Right lung", None),
            ("B) Right", "B"),
            ("The right side", None),
            ("Both", "C"),
            ("C. Both", "C"),
            ("Left and right", None),
            ("On the left", "A"),
            ("Left or right", None),
            ("right, not left", "B"),
            ("A. The right lung is clear.", "A"),
        ],
    ),
    "small letters as keys": (
        {"a": "Nodule", "b": "Clear", "c": "Cyst"},
        [
            ("a", "a"),
            ("A", "a"),
            ("b.", "b"),
            ("(c)", "c"),
            ("the answer is b", "b"),
            ("Option B", "b"),
            ("B. Clear", "b"),
            ("A mass", None),
        ],
    ),
    "numbers as keys": (
        {"1": "Mass", "2": "Clear", "3": "Cyst"},
        [
            ("1", "1"),
            ("2.", "2"),
            ("(2)", "2"),
            ("Option 2", "2"),
            ("The answer is 2", "2"),
            ("2) Clear", "2"),
            ("2: Clear", "2"),
            ("1 or 2", None),
            ("1, 2", None),
            ("2 cm", None),
            ("1.2", None),
            ("Clear", "2"),
            ("Answer: 3", "3"),
            ("I choose 2.", "2"),
            ("12", None),
            ("2 is correct", "2"),
            ("There are 2 nodules", None),
            ("2. Clear\nBecause 1 is wrong", "2"),
            ("Grade 2", None),
        ],
    ),
    "the same text twice": (
        {"A": "Clear", "B": "Clear", "C": "Mass"},
        [
            ("A", "A"),
            ("B", "B"),
            ("Clear", None),
            ("A. Clear", "A"),
            ("B. Clear", "B"),
            ("Mass", "C"),
            ("A. Mass", None),
        ],
    ),
    "no texts": (
        {"A": "", "B": "", "C": ""},
        [
            ("A", "A"),
            ("B.", "B"),
            ("The answer is B", "B"),
        ],
    ),
    'commas and "and" in a text': (
        {"A": "Opacity, left", "B": "Opacity", "C": "Heart and lungs", "D": "Heart"},
        [
            ("Opacity, left", "A"),
            ("Opacity", "B"),
            ("Heart and lungs", "C"),
            ("Heart", "D"),
            ("A. Opacity, left", "A"),
            ("B. Opacity, left", None),
            ("The answer is heart and lungs.", "C"),
        ],
    ),
}

_ALPHABET = """apex base carina diaphragm esophagus fissure ganglion hilum isthmus jejunum kidney liver mediastinum
    node orbit pleura quadrant rib sternum trachea ureter vein womb xiphoid yolk zygoma"""
ALPHABET = dict(zip(string.ascii_uppercase, _ALPHABET.split(), strict=True))


@pytest.mark.parametrize(
    ("choices", "answer", "key"),
    [
        pytest.param(choices, answer, key, id=f"{fact}: {answer!a}")
        for fact, (choices, table) in TABLES.items()
        for answer, key in table
    ],
)
def test_the_option_meant_is_read(choices: dict[str, str], answer: str, key: str | None) -> None:
    assert chosen_option(answer, choices)[0] == key


@pytest.mark.parametrize("key", ALPHABET)
def test_every_letter_of_the_alphabet_can_be_an_option(key: str) -> None:
    text = ALPHABET[key]
    for answer in (key, f"{key}. {text}", text, f"The answer is {key}.", f"I think {key}.", f"I choose ({key})"):
        assert chosen_option(answer, ALPHABET)[0] == key


@pytest.mark.parametrize("answer", ["I think the liver is enlarged", "I am not sure", "CT", "X-ray", "T2", "I see it"])
def test_with_every_letter_an_option_prose_still_chooses_nothing(answer: str) -> None:
    assert chosen_option(answer, ALPHABET)[0] is None


def test_texts_with_commas_are_listed_as_they_are() -> None:
    choices = {"A": "Opacity, left", "B": "Opacity", "C": "Heart and lungs", "D": "Heart"}
    assert chosen_options("Opacity, left, heart and lungs", choices)[0] == {"A", "C"}
    assert chosen_options("Opacity, heart", choices)[0] == {"B", "D"}
    assert chosen_options("Heart and lungs and opacity", choices)[0] == {"B", "C"}
