from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .. import made


def row(answer: list[str], options: list[str], kind: str = "single_choice", **fields: Any) -> dict[str, Any]:
    return {
        "report_id": "10",
        "question": "In which area?",
        "answer": answer,
        "history": [["Is there a nodule?", ["yes"]]],
        "answer_type": kind,
        "options": options,
        "path": "lung",
    } | fields


ROWS = [
    row(["no"], ["yes", "no"]),
    row(["right"], ["left", "right"]),
    row(["b", "a"], ["a", "b", "c"], "multi_choice"),
    row(["only"], ["only"], "fixed_choice"),
    row(["up"], ["left", "right"]),
    row(["left", "right"], ["left", "right"]),
]


@pytest.mark.parametrize("native", [False, True])
def test_question_types_and_what_is_left_out(tmp_path: Path, native: bool) -> None:
    if native:
        about = ("answer_type", "options", "path")
        pairs = [[r["question"], r["answer"], r["history"], {key: r[key] for key in about}] for r in ROWS]
        made.array(tmp_path / "val_qa_pairs/10.json", pairs)
    else:
        made.lines(tmp_path / "val_qa.jsonl", ROWS)
    samples, left = made.read("rad-restruct", tmp_path)
    found = [(s.rollout.question_type, s.rollout.reference and s.rollout.reference.answer) for s in samples]
    assert found == [("closed_ended", "no"), ("single_choice", "B"), ("multi_choice", "A, B")]
    assert {s.split for s in samples} == {"val"}
    assert {s.group for s in samples} == {"report 10"}
    assert samples[0].rollout.question == "Is there a nodule? yes. In which area?"
    assert samples[0].images == ("10",)
    assert [one.broken for one in left] == [False, True, True]


def test_the_mapping_names_a_reports_image(tmp_path: Path) -> None:
    made.lines(tmp_path / "train_qa.jsonl", ROWS[:1])
    (tmp_path / "id_to_img_mapping_frontal_reports.json").write_text('{"10": ["CXR10_1", "CXR10_2"]}')
    assert made.read("rad-restruct", tmp_path)[0][0].images == ("CXR10_1",)


def test_a_broken_pair_is_named(tmp_path: Path) -> None:
    made.array(tmp_path / "test_qa_pairs/7.json", [["question", "no list", [], {}]])
    (left,) = made.read("rad-restruct", tmp_path)[1]
    assert (left.place, left.broken) == ("test_qa_pairs/7.json[0]", True)
