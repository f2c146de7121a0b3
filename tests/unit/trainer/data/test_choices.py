from __future__ import annotations

import pytest

from medreward_trainer.data.choices import ChoicesError, lettered, read_choices, right_letters

FOUR = {"A": "Focal consolidation", "B": "Clear", "C": "Pleural effusion", "D": "Pneumothorax"}


@pytest.mark.parametrize(
    "value",
    [
        FOUR,
        list(FOUR.values()),
        [f"{letter}. {text}" for letter, text in FOUR.items()],
        [f"({letter}) {text}" for letter, text in FOUR.items()],
        "[A: Focal consolidation, B: Clear, C: Pleural effusion, D: Pneumothorax]",
        "A. Focal consolidation\nB. Clear\nC. Pleural effusion\nD. Pneumothorax",
        "- A. Focal consolidation\n - B. Clear\n - C. Pleural effusion\n- D. Pneumothorax",
    ],
)
def test_options_are_read_in_the_ways_that_data_sets_write_them(value: object) -> None:
    assert read_choices(value) == FOUR  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [["A. one", "two"], {"A": "one", "C": "two"}, ["one", "One "], ["one", ""]])
def test_options_that_make_no_sense_are_refused(value: object) -> None:
    with pytest.raises(ChoicesError):
        read_choices(value)  # type: ignore[arg-type]


def test_more_options_than_letters_are_refused() -> None:
    with pytest.raises(ChoicesError, match="letters"):
        lettered([str(number) for number in range(27)])


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("B", ["B"]),
        ("b.", ["B"]),
        ("Clear", ["B"]),
        ("B: Clear", ["B"]),
        ("C, A", ["A", "C"]),
        ("A and C", ["A", "C"]),
        ("AC", ["A", "C"]),
        (["Pneumothorax", "A"], ["A", "D"]),
        ("E", None),
        ("A, E", None),
        ("B: Pneumothorax", None),
        ("", None),
        ([], None),
    ],
)
def test_letters_of_an_answer(answer: str | list[str], letters: list[str] | None) -> None:
    assert right_letters(answer, FOUR) == letters


def test_a_maps_order_means_nothing() -> None:
    assert read_choices({"b": "right", "A": "left"}) == {"A": "left", "B": "right"}
