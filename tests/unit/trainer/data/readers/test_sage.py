from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medreward.contract import Region
from medreward_trainer.data.types import Left, Sample

from .. import made

RELEASED = (
    '<LOC>{"bbox_xyxy_pixel": [[10, 20, 60, 80]]}</LOC><VIS>A bright spot.</VIS>'
    "<KNO>Bright spots are nodules.</KNO><CON>A nodule.</CON>"
)
PAPER = (
    'A chest image. <LOC>The left base {"box_2d": [830, 150, 965, 870], "label": "left base"} below {"point": [1, 2], '
    '"label": "p"}.</LOC><VISUAL>Bright.</VISUAL><KNOWLEDGE>Known.</KNOWLEDGE><CON>So.</CON><ANSWER>A nodule.</ANSWER>'
)
INSTRUCTION = "<image>What is shown? Analyze in the order <LOC>, <VIS>, <KNO>, <CON>, using matching closing tags."


def row(asked: str, reply: str, **fields: Any) -> dict[str, Any]:
    turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": reply}]
    return {"conversations": turns, "images": ["images/a.png"]} | fields


def one(tmp_path: Path, asked: str, reply: str) -> Sample | Left:
    made.array(tmp_path / "sage.json", [row(asked, reply)])
    samples, left = made.read("sage", tmp_path / "sage.json")
    found: list[Sample | Left] = [*samples, *left]
    return found[0]


def test_the_released_dialect_answers_in_its_conclusion(tmp_path: Path) -> None:
    sample = one(tmp_path, INSTRUCTION, RELEASED)
    assert isinstance(sample, Sample)
    assert sample.rollout.question == "What is shown?"
    assert sample.rollout.reference is not None
    assert sample.rollout.reference.answer == "A nodule."
    assert sample.rollout.reference.regions == [Region("", [10, 20, 60, 80])]
    assert (sample.frame, sample.images, sample.split) == (None, ("images/a.png",), None)


def test_the_papers_boxes_are_on_the_grid_y_first(tmp_path: Path) -> None:
    sample = one(tmp_path, "<image>\nWhat is shown?", PAPER)
    assert isinstance(sample, Sample)
    assert sample.rollout.reference is not None
    assert sample.rollout.reference.regions == [Region("left base", [150, 830, 870, 965])]
    assert sample.frame == (1000, 1000)


@pytest.mark.parametrize(
    ("asked", "reply", "kind", "answer"),
    [
        ("<image>Is it?", "Yes.", "closed_ended", "yes"),
        ("<image>What is it?\nOptions:\nA. Left\nB. Right", "<CON>B. Right</CON>", "single_choice", "B"),
        ("<image>What is it?\nOptions:\n- A. Left\n- B. Right\n- C. Up", "A, C", "multi_choice", "A, C"),
        ("<image>What is it? Answer briefly.", "A spleen.", "open_ended", "A spleen."),
    ],
)
def test_the_answer_tells_the_question_type(tmp_path: Path, asked: str, reply: str, kind: str, answer: str) -> None:
    sample = one(tmp_path, asked, reply)
    assert isinstance(sample, Sample)
    assert sample.rollout.question_type == kind
    assert "Options" not in sample.rollout.question
    assert sample.rollout.reference is not None
    assert sample.rollout.reference.answer == answer


@pytest.mark.parametrize(
    ("asked", "reply", "reason", "broken"),
    [
        ("<image>Where?", '<LOC>{"bbox_xyxy_pixel": [[1, 2, 3, 4]]}</LOC>', "without an answer", False),
        ("<image>What is it?\nOptions:\nA. Left\nB. Right", "Up", "not among", True),
        ("<image>Answer in <CON>.", "<CON>x</CON>", "no question is left", True),
        ("<image>What?", '<LOC>{"bbox_xyxy_pixel": [[1, 2}</LOC><CON>x</CON>', "not JSON", True),
        ("<image>What?", '<LOC>{"box_2d": [%s, 1, 2, 3]}</LOC><CON>x</CON>' % ("9" * 5000), "JSON", True),
        ("<image>What?", '<LOC>{"box_2d": %s}</LOC><CON>x</CON>' % ("[" * 9000 + "]" * 9000), "JSON", True),
        (
            "<image>What?",
            '<LOC>{"box_2d": [1, 2, 3, 4]} {"bbox_xyxy_pixel": [[1, 2, 3, 4]]}</LOC><CON>x</CON>',
            "grid",
            True,
        ),
    ],
)
def test_what_has_no_answer_is_left_out_with_its_reason(
    tmp_path: Path, asked: str, reply: str, reason: str, broken: bool
) -> None:
    left = one(tmp_path, asked, reply)
    assert isinstance(left, Left)
    assert reason in left.reason
    assert left.broken is broken
