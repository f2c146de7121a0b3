from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption import Parts
from medreward_trainer.scorer.sources import chestx_text

DATA = os.environ.get("MEDREWARD_DATA")


def parts(reasoning: str, answer: str) -> Parts:
    return Parts.of(ScorerAsk("Does this chest X-ray show pneumonia?\nA) Yes\nB) No", (("think", reasoning),), answer))


@pytest.mark.parametrize(
    ("reasoning", "answer", "sound"),
    [
        ("The lungs appear clear. There is no evidence of pneumonia.", "No", True),
        ("The lungs appear clear. There is no evidence of pneumonia.", "Yes", False),
        ("The lungs appear clear. The findings are consistent with pneumonia.", "Yes", False),
        ("Pneumonia typically appears as opacities. We need to look for them.", "Yes", False),
        ("There is no pneumonia. But I am unable to view the image.", "No", False),
        ("There is no evidence of pneumonia.", "No", False),
        ("The lungs appear clear. There is no evidence of pneumonia.", "", False),
    ],
)
def test_only_what_decides_and_answers_so_is_sound(reasoning: str, answer: str, sound: bool) -> None:
    assert chestx_text.consistent(parts(reasoning, answer), "pneumonia") is sound


@pytest.mark.skipif(not DATA, reason="MEDREWARD_DATA does not name the folder of real data")
class TestRealData:
    def test_as_many_say_yes_as_say_no_in_every_split(self) -> None:
        answers: dict[tuple[str, str, str], Counter[str]] = {}
        for contrast in chestx_text.load(Path(DATA or ""), 0):
            one = contrast.sound[0]
            key = (contrast.split, one.writer, one.ask.question)
            answers.setdefault(key, Counter())[one.ask.answer] += 1
        assert sum(count.total() for count in answers.values()) > 400
        assert all(count["Yes"] == count["No"] for count in answers.values())

    def test_every_contrast_has_both_sides_and_nothing_on_both(self) -> None:
        for contrast in chestx_text.load(Path(DATA or ""), 0):
            sound, unsound = ({one.ask for one in side} for side in (contrast.sound, contrast.unsound))
            assert sound
            assert unsound
            assert not sound & unsound
