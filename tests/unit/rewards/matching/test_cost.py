"""A hostile answer costs milliseconds, and only its two ends are read."""

from __future__ import annotations

import time

import pytest

from medreward.rewards.matching import match_choice, match_choices, match_text, match_yes_no
from medreward.rewards.matching.text import MAX_CHARS

CHOICES = {"A": "Focal consolidation", "B": "Clear", "C": "Pleural effusion", "D": "Pneumothorax"}
MEGABYTE = 1_000_000
UNITS = [
    "A or ", "(", ")", "not ", "B", " ", "\n", "A,", "*", "~~", "<s>", "<a ", "\\sout{", "1,000", "É", "\ud800", "²",
    "❌ ", "option ", "A) Clear\n", "no ", "- ", "`", "<!--", "$\\boxed{", "i.e.", "'", "a'", "a-", "ER+", "Focal ",
    "=>", "[ ] ", "\u200b", "if ", "(A)", "x(B)", "O", "(x", "B, ", "as good ", "_",
    "likely ", "B. I thought A, ", "1,3,", "A-C ", "A) Clear ", "Clear (B) ", "A: x. ", "no, clear, ", "f,likely as ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_a_megabyte_costs_no_more_than_its_length(unit: str) -> None:
    answer = unit * (MEGABYTE // len(unit))
    choices = CHOICES
    for match in (
        lambda: match_choice(answer, choices, "B"),
        lambda: match_choices(answer, choices, "A, B"),
        lambda: match_yes_no(answer, "yes"),
        lambda: match_text(answer, "left lung"),
        lambda: match_text(answer[:MAX_CHARS], "left lung"),
    ):
        # The processor's time, typically 1 to 20 ms; what grew with the square of the length would take minutes
        start = time.process_time()
        match()
        assert time.process_time() - start < 1.0


def test_a_long_answer_is_read_at_both_ends() -> None:
    filler = "The lungs are large and aerated. " * 1000
    assert match_choice(f"{filler} The answer is B.", CHOICES, "B").value == 1.0
    assert match_choice(f"The answer is B. {filler}", CHOICES, "B").value == 1.0
    assert match_choice(f"The answer is C. {filler} The answer is B.", CHOICES, "B").value == 0.0


def test_the_cut_joins_no_halves_into_a_statement() -> None:
    assert match_choice("The answer is " + " " * MAX_CHARS + "B", CHOICES, "B").value == 0.0
