from __future__ import annotations

import pytest

from medreward.judge.embedded.review import review
from medreward.judge.embedded.stages import stages
from medreward.judge.embedded.trust import trust

QUESTION = "What is abnormal on the chest radiograph?"


@pytest.mark.parametrize(
    ("reference", "candidate", "letter"),
    [
        ("pleural effusion", "fluid in the pleural space", "A"),
        ("pleural effusion", "<think>It could be many things.</think><answer>pleural effusion</answer>", "A"),
        ("pleural effusion", "no pleural effusion", "B"),
        ("pleural effusion", "rib fracture", "B"),
        ("left pleural effusion", "right pleural effusion", "B"),
        ("pleural effusion", "possibly a pleural effusion", "C"),
        ("pleural effusion", "I cannot tell", "C"),
    ],
)
def test_review(reference: str, candidate: str, letter: str) -> None:
    assert review(QUESTION, reference, candidate)[0] == letter


@pytest.mark.parametrize(
    ("thinking", "answer", "letter"),
    [
        ("The right angle is blunted. There is a right pleural effusion.", "right pleural effusion", "A"),
        ("The right angle is blunted. There is a right pleural effusion.", "left pleural effusion", "B"),
        ("The angles are sharp. There is no pleural effusion.", "pleural effusion", "B"),
        ("The nodule measures 8 mm.", "9 mm", "B"),
        ("The heart has a usual shape.", "rib fracture", "C"),
        ("It might be a pleural effusion.", "pleural effusion", "C"),
        ("", "pleural effusion", "C"),
        ("There is a pleural effusion.", "", "C"),
    ],
)
def test_trust(thinking: str, answer: str, letter: str) -> None:
    assert trust(QUESTION, thinking, answer)[0] == letter


def test_trust_follows_a_yes_to_the_finding_it_rests_on() -> None:
    asked = "Is there a pleural effusion?"
    assert trust(asked, "The angle is blunted, so there is a pleural effusion.", "Yes")[0] == "A"
    assert trust(asked, "The angle is blunted, so there is a pleural effusion.", "No")[0] == "B"


def test_stages_reward_what_is_borne_out_and_not_what_is_missing_or_contrary() -> None:
    good = {
        "question": QUESTION,
        "reference": "right pleural effusion",
        "localization": "right pleural space",
        "visual_analysis": "a right pleural effusion",
        "knowledge": "A pleural effusion is fluid in the pleural space.",
        "conclusion": "right pleural effusion",
    }
    best, _ = stages(good)
    assert min(best.values()) >= 4
    missing, _ = stages({**good, "knowledge": ""})
    assert missing["knowledge"] == 1
    contrary, _ = stages({**good, "localization": "left pleural space", "conclusion": "left pleural effusion"})
    assert contrary["localization"] == 2
    assert contrary["reasoning"] <= 2
