"""Each reader on a few rows of its data set's shape, and what a row must not be."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from medreward.contract.types import QUESTION_TYPES, Image, Region, Rollout
from medreward.readers import READERS, ReaderError, Respond, Skipped
from medreward.scoring.check import defect

from .files import lines, read

CHESTX = {
    "question": "Does this chest X-ray show pneumonia? Options:\nA) Yes\nB) No\nLet's think step by step.",
    "answer": "<answer> B </answer>",
    "pred": "user\nDoes it?\nassistant\n<think>No.</think><answer>B</answer>",
    "item_id": "[rsna] 1",
    "original_report": "",
}
RAD = {
    "report_id": "7",
    "question": "In which part of the body?",
    "answer": ["lung", "spine"],
    "history": [["Are there any foreign objects?", ["yes"]]],
    "answer_type": "multi_choice",
    "options": ["abdomen", "lung", "spine"],
}
SLAKE = {
    "img": "xmlab0",
    "width": 256,
    "height": 200,
    "boxes": [{"label": "Liver", "xyxy": [33.0, 67.0, 131.0, 175.5]}, {"label": "Spleen", "xyxy": [1, 2, 3, 4]}],
}
VLM = {
    "question": "Please provide the bounding box coordinate of the region this sentence describes: left: lady.",
    "ground_truth": [1.5, 2, 30, 40],
    "model_output": '<think>t</think><answer>{"bbox_2d": [1, 2, 30, 40]}</answer>',
    "extracted_answer": [9, 9, 9, 9],
}


def one(name: str, path: Path, respond: Respond = "reference") -> Rollout:
    (rollout,) = read(name, path, respond)
    assert isinstance(rollout, Rollout)
    assert defect(rollout) is None
    assert rollout.question_type in QUESTION_TYPES
    return rollout


def test_vlm_r1_has_the_phrase_the_human_box_and_the_raw_output(tmp_path: Path) -> None:
    path = tmp_path / "log_r1_100.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"accuracy": 0.0, "results": [VLM]}).encode()))
    rollout = one("vlm-r1", path)
    assert (rollout.id, rollout.group_id) == ("log_r1_100/0", "refcoco/0")
    assert rollout.response == VLM["model_output"]
    assert rollout.reference is not None
    assert rollout.reference.regions == [Region(rollout.reference.answer, [1.5, 2.0, 30.0, 40.0])]
    assert (rollout.box_space, rollout.image) == ("pixel", None)


def test_vlm_r1_keeps_a_phrase_whole_that_has_a_colon(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"results": [VLM]}))
    reference = one("vlm-r1", path).reference
    assert reference is not None
    assert reference.answer == "left: lady"


@pytest.mark.parametrize("answer", ["B", " B ", "<answer> B </answer>"])
def test_chestx_options_come_from_the_question(tmp_path: Path, answer: str) -> None:
    rollout = one("chestx", lines(tmp_path / "c.jsonl", CHESTX | {"answer": answer}))
    assert rollout.choices == {"A": "Yes", "B": "No"}
    assert rollout.question == "Does this chest X-ray show pneumonia?"
    assert rollout.reference is not None
    assert (rollout.reference.answer, rollout.response) == ("B", CHESTX["pred"])


def test_chestx_rows_without_options_or_gold_are_skipped(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "c.jsonl", CHESTX | {"question": "Is it?"}, CHESTX | {"answer": "C"}, CHESTX | {"answer": ""}
    )
    assert [row.reason for row in read("chestx", path) if isinstance(row, Skipped)] == [
        "the question has no options",
        "the gold answer is not among the options",
        "the gold answer is not among the options",
    ]


def test_rad_restruct_options_are_lettered_and_the_history_is_told(tmp_path: Path) -> None:
    rollout = one("rad-restruct", lines(tmp_path / "q.jsonl", RAD))
    assert rollout.choices == {"A": "abdomen", "B": "lung", "C": "spine"}
    assert rollout.question == "Are there any foreign objects? yes. In which part of the body?"
    assert rollout.reference is not None
    assert (rollout.question_type, rollout.reference.answer) == ("multi_choice", "B, C")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answer_type": "fixed_choice"}, "nothing to choose"),
        ({"answer": ["head"]}, "not among the options"),
        ({"answer": []}, "not among the options"),
        ({"options": ["lung", "spine", "lung"]}, "repeat"),
        ({"options": [*RAD["options"], *map(str, range(24))]}, "more than the alphabet"),
    ],
)
def test_rad_restruct_skips_what_is_no_choice(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    (row,) = read("rad-restruct", lines(tmp_path / "q.jsonl", RAD | change))
    assert isinstance(row, Skipped)
    assert reason in row.reason
    assert row.place.endswith("q.jsonl:1")


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("Yes.", "Yes"),
        ("- No", "No"),
        ("no", "No"),
        ("No, as it is not mentioned.", "No"),
        ("No (since the lungs are clear).", "No"),
        ("No information on bones is provided.", None),
        ("Not said", None),
        ("The report does not say, so likely no.", None),
        ("", None),
    ],
)
def test_cares_takes_an_answer_that_begins_with_yes_or_no_and_means_it(
    tmp_path: Path, answer: str, gold: str | None
) -> None:
    row = {"question": "Is it? Please choose from the following two options: [yes, no]\n<image>", "answer": answer}
    (found,) = read("cares", lines(tmp_path / "c.jsonl", row))
    if gold is None:
        assert isinstance(found, Skipped)
    else:
        assert isinstance(found, Rollout)
        assert found.reference is not None
        assert (found.reference.answer, found.question, found.question_type) == (gold, "Is it?", "closed_ended")


def test_slake_boxes_ask_where_everything_in_an_image_is(tmp_path: Path) -> None:
    rollout = one("slake-boxes", lines(tmp_path / "d.jsonl", SLAKE))
    assert rollout.image == Image(256, 200)
    assert rollout.question == "Where is: Liver, Spleen?"
    assert rollout.reference is not None
    assert rollout.reference.regions[0] == Region("Liver", [33.0, 67.0, 131.0, 175.5])
    assert "<ref>Liver</ref><box>[33, 67, 131, 175.5]</box>" in (rollout.response or "")


def test_slake_images_without_boxes_are_skipped_and_half_a_box_is_an_error(tmp_path: Path) -> None:
    (row,) = read("slake-boxes", lines(tmp_path / "d.jsonl", SLAKE | {"boxes": []}))
    assert isinstance(row, Skipped)
    with pytest.raises(ReaderError, match=r"d\.jsonl:1: boxes\[0\]\.xyxy: needs four numbers, has 2"):
        read("slake-boxes", lines(tmp_path / "d.jsonl", SLAKE | {"boxes": [{"label": "x", "xyxy": [1, 2]}]}))


def test_vqa_rad_is_closed_when_the_answer_is_yes_or_no(tmp_path: Path) -> None:
    path = tmp_path / "trainset.json"
    answers = ["Yes", "no", "Left side", 4, " "]
    path.write_text(json.dumps([{"qid": i, "question": "Is it?", "answer": a} for i, a in enumerate(answers)]))
    *rollouts, last = read("vqa-rad", path)
    types = [rollout.question_type for rollout in rollouts if isinstance(rollout, Rollout)]
    assert types == ["closed_ended", "closed_ended", "open_ended", "open_ended"]
    assert isinstance(last, Skipped)


@pytest.mark.parametrize(
    "name", [name for name, reader in READERS.items() if name not in ("rollouts", "vlm-r1", "vqa-rad")]
)
def test_a_row_of_another_shape_is_named_by_line_and_field(tmp_path: Path, name: str) -> None:
    path = lines(tmp_path / "x.jsonl", "", {"question": 7, "img": "a", "answer": "", "options": []})
    with pytest.raises(ReaderError, match=r"x\.jsonl:2: "):
        read(name, path)


@pytest.mark.parametrize("name", ["vlm-r1", "vqa-rad"])
def test_a_file_of_another_shape_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReaderError, match=r"x\.jsonl: "):
        read(name, lines(tmp_path / "x.jsonl", {"a": 1}, {"b": 2}))
