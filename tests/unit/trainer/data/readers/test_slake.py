from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medreward.contract import Image, Region
from medreward_trainer.data.readers.slake import named
from medreward_trainer.data.types import DataError, ReadOptions

from .. import made


def row(qid: int, question: str, answer: str, language: str = "en") -> dict[str, Any]:
    return {
        "img_id": 1,
        "img_name": "xmlab1/source.jpg",
        "question": question,
        "answer": answer,
        "q_lang": language,
        "answer_type": "CLOSED",
        "qid": qid,
    }


BOXES = [{"label": "Left Lung", "xyxy": [1, 2, 3, 4]}, {"label": "Pneumonia", "xyxy": [5, 6, 7, 8]}]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made.array(
        tmp_path / "train.json",
        [
            row(1, "Is the lung healthy?", "No"),
            row(2, "Which is bigger, lung or heart?", "Lung"),
            row(3, "图像用的什么模态?", "MRI", "zh"),
        ],
    )
    made.array(tmp_path / "validate.json", [row(4, "What disease is shown?", "Pneumonia"), {"qid": 5}])
    return tmp_path


def test_question_types_follow_the_answer_and_splits_the_files(data: Path) -> None:
    samples, _ = made.read("slake", data)
    found = [(s.id, s.rollout.question_type, s.split) for s in samples]
    assert found == [
        ("slake/1", "closed_ended", "train"),
        ("slake/2", "open_ended", "train"),
        ("slake/4", "open_ended", "val"),
    ]


def test_what_is_not_read_is_counted_with_its_reason(data: Path) -> None:
    _, left = made.read("slake", data)
    assert [(one.place, one.broken) for one in left] == [("train.json[2]", False), ("validate.json[1]", True)]
    assert "zh" in left[0].reason


def test_the_other_language_is_read_when_asked_for(data: Path) -> None:
    samples, _ = made.read("slake", data, ReadOptions(language="zh"))
    assert [s.rollout.question for s in samples] == ["图像用的什么模态?"]


def test_merged_boxes_come_with_the_images_size(data: Path) -> None:
    made.lines(data / "detection_all.jsonl", [{"img": "xmlab1", "width": 20, "height": 30, "boxes": BOXES}])
    samples, _ = made.read("slake", data)
    assert [[r.label for r in s.rollout.reference.regions] for s in samples if s.rollout.reference] == [
        ["Left Lung"],
        ["Left Lung"],
        ["Pneumonia"],
    ]
    assert samples[0].rollout.image == Image(20, 30)


def test_an_images_own_boxes_are_corner_and_size(data: Path) -> None:
    made.array(data / "imgs/xmlab1/detection.json", [{"Pneumonia": [5, 6, 7, 8]}])
    samples, _ = made.read("slake", data)
    assert samples[-1].rollout.reference is not None
    assert samples[-1].rollout.reference.regions == [Region("Pneumonia", [5, 6, 12, 14])]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Does the picture contain lung?", ["Left Lung", "Right Lung"]),
        ("Are the lungs healthy? No", ["Left Lung", "Right Lung"]),
        ("Where is the left lung?", ["Left Lung"]),
        ("Is there a plunge?", []),
        ("What shows? Brain non-enhancing tumor", ["Brain Non-enhancing Tumor"]),
        ("What shows? brain enhancing tumor", []),
    ],
)
def test_boxes_of_a_question_are_those_it_names(text: str, labels: list[str]) -> None:
    known = [Region(label, [0, 0, 1, 1]) for label in ("Left Lung", "Right Lung", "Brain Non-enhancing Tumor")]
    assert [region.label for region in named(known, text)] == labels


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.json"):
        made.read("slake", tmp_path)
