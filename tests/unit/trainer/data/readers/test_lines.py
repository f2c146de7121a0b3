from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medreward_trainer.data.types import ReadOptions

from .. import made

ROW = {
    "question": "Which side?",
    "question_type": "single_choice",
    "choices": {"A": "left", "B": "right"},
    "reference": {"answer": "right"},
    "image_file": "a.png",
}


def test_a_line_is_a_rollout_with_an_image(tmp_path: Path) -> None:
    more = {"image_file": ["a.png", "b.png"], "split": "val", "group": "patient 1", "id": "x", "response": "B"}
    samples, left = made.read("jsonl", made.lines(tmp_path / "d.jsonl", [ROW, ROW | more]))
    assert left == []
    assert samples[0].rollout.reference is not None
    assert samples[0].rollout.reference.answer == "B"
    assert samples[0].id == "d.jsonl:1"
    assert samples[1][1] == "x"
    assert samples[1].images == ("a.png", "b.png")
    assert (samples[1].split, samples[1].group, samples[1].rollout.response) == ("val", "patient 1", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"question_type": "riddle"}, "question_type"),
        ({"reference": {"answer": "up"}}, "reference.answer"),
        ({"choices": {"A": "left", "B": "Left"}}, "equal"),
        ({"image_file": 3}, "$.image_file"),
        ({"typo": 1}, "typo"),
        ({"split": "training"}, "$.split"),
        ({"reference": {"answer": "A", "regions": [{"box": "x"}]}}, "$.reference.regions"),
    ],
)
def test_a_broken_line_names_its_field(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    samples, (left,) = made.read("jsonl", made.lines(tmp_path / "d.jsonl", [ROW | fields]))
    assert samples == []
    assert left.place == "d.jsonl:1"
    assert left.broken
    assert said in f"{left.reason} {left.detail}"


def test_a_rows_own_size_goes_before_the_frame_of_all(tmp_path: Path) -> None:
    data = made.lines(tmp_path / "d.jsonl", [ROW, ROW | {"image": {"width": 9, "height": 9}}])
    samples, _ = made.read("jsonl", data, ReadOptions(frame=(336, 336)))
    assert [sample.frame for sample in samples] == [(336, 336), None]
