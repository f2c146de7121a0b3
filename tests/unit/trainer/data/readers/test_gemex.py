from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medreward.contract import Region
from medreward_trainer.data.types import ReadOptions, Sample

from .. import made

CHOICES = {"A": "Consolidation", "B": "Clear", "C": "Effusion"}
FLAT = {
    "question": "What is the primary finding?",
    "choices": "[A: Consolidation, B: Clear, C: Effusion]",
    "answer": "B",
    "question_type": "single-choice",
    "image": "p10/a.jpg",
    "visual_locations": "bilateral lung [64, 42, 257, 262]",
    "report": "The lungs are clear [bilateral lung].",
}
TALK = {
    "image": "p10/a.jpg",
    "conversations": [
        {
            "from": "human",
            "value": "<image>\nWhat is the primary finding?\n <choices>: [A: Consolidation, B: Clear, C: Effusion]\n"
            " This is a single-choice question. Please output the thinking process in <think> </think> and final "
            "answer (an option) with corresponding visual location in <response> </response> tags.",
        },
        {
            "from": "gpt",
            "value": "<think>The lungs ([64, 42, 257, 262]) are clear.</think><response><answer>B</answer><location>"
            "<ref>bilateral lung</ref><box>[64, 42, 257, 262]</box></location></response>",
        },
    ],
}


def one(tmp_path: Path, row: dict[str, Any], name: str = "train.json", **options: Any) -> Sample:
    made.array(tmp_path / name, [row])
    (sample,), left = made.read("gemex", tmp_path, ReadOptions(**options))
    assert left == []
    return sample


@pytest.mark.parametrize("row", [FLAT, TALK], ids=["fields", "conversation"])
def test_both_forms_come_to_the_same(tmp_path: Path, row: dict[str, Any]) -> None:
    sample = one(tmp_path, row)
    assert sample.rollout.question == "What is the primary finding?"
    assert (sample.rollout.question_type, sample.rollout.choices) == ("single_choice", CHOICES)
    assert sample.rollout.reference is not None
    assert sample.rollout.reference.answer == "B"
    assert sample.rollout.reference.regions == [Region("bilateral lung", [64, 42, 257, 262])]
    assert (sample.images, sample.split, sample.frame) == (("p10/a.jpg",), "train", None)


def test_the_grounded_report_is_the_judges_context(tmp_path: Path) -> None:
    assert one(tmp_path, FLAT).rollout.context == FLAT["report"]


@pytest.mark.parametrize(
    ("fields", "kind", "answer"),
    [
        ({"question_type": "open-ended", "answer": "Clear lungs."}, "open_ended", "Clear lungs."),
        ({"question_type": "closed_ended", "answer": "Yes."}, "closed_ended", "yes"),
        ({"question_type": "multi-choice", "answer": "C, A"}, "multi_choice", "A, C"),
        ({"question_type": "multiple choice", "answer": ["A", "C"]}, "multi_choice", "A, C"),
    ],
)
def test_question_types(tmp_path: Path, fields: dict[str, Any], kind: str, answer: str) -> None:
    sample = one(tmp_path, FLAT | fields)
    assert sample.rollout.question_type == kind
    assert sample.rollout.reference is not None
    assert sample.rollout.reference.answer == answer
    assert (sample.rollout.choices is not None) is kind.endswith("_choice")


def test_type_and_split_may_stand_in_the_files_name(tmp_path: Path) -> None:
    row = {key: value for key, value in FLAT.items() if key != "question_type"}
    sample = one(tmp_path, row, "test/single_choice_question.jsonl")
    assert (sample.rollout.question_type, sample.split) == ("single_choice", "test")


def test_boxes_may_be_in_another_frame(tmp_path: Path) -> None:
    assert one(tmp_path, FLAT, frame=(336, 336)).frame == (336, 336)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"answer": "D"}, "not among the options"),
        ({"answer": "A, B"}, "not among the options"),
        ({"choices": None}, "not among the options"),
        ({"visual_locations": "the lungs"}, "without a box"),
        ({"question_type": "riddle"}, "question type"),
        ({"image": ""}, "no image"),
        ({"choices": ["A. one", "two"]}, "letters"),
    ],
)
def test_what_cannot_be_mapped_is_left_out_with_its_reason(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    made.array(tmp_path / "train.json", [FLAT | fields])
    samples, (left,) = made.read("gemex", tmp_path)
    assert samples == []
    assert reason in left.reason


def test_a_reply_without_an_answer_is_left_out(tmp_path: Path) -> None:
    talk = [TALK["conversations"][0], {"from": "gpt", "value": "<think>hm</think>"}]
    made.array(tmp_path / "train.json", [TALK | {"conversations": talk}, TALK | {"conversations": talk[:1]}])
    assert [left.broken for left in made.read("gemex", tmp_path)[1]] == [True, True]
