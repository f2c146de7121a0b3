from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import made

made.need_pyarrow()

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from medreward_trainer.data.check import Checked, check  # noqa: E402

Rows = list[dict[str, Any]]
Damage = Callable[[Rows], object]


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A file of three rows; the last is a choice question."""
    rows = [made.rollout(n, tmp_path / "images", split="train") for n in range(3)]
    choice = {"question_type": "single_choice", "choices": {"A": "left", "B": "right"}}
    data = made.lines(tmp_path / "d.jsonl", [*rows[:2], rows[2] | choice])
    made.converted(data, tmp_path / "out")
    return tmp_path / "out/train.parquet"


def kinds(checked: Checked) -> set[str]:
    return {kind for _, kind in checked.counts}


def truth(row: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> None:
    """Changes a row's ground truth."""
    value = json.loads(row["reward_model"]["ground_truth"])
    change(value)
    row["reward_model"]["ground_truth"] = json.dumps(value)


def test_a_sound_file_has_nothing_wrong_and_a_summary(sound: Path) -> None:
    checked = check([sound])
    assert checked.counts == {}
    seen = checked.summaries[str(sound)]
    assert (seen.rows, len(seen.images), seen.boxes) == (3, 3, 3)
    assert seen.question_types == {"open_ended": 2, "single_choice": 1}
    assert seen.prompt_chars > 3 * 100


DAMAGES: list[tuple[Damage, str, str]] = [
    (lambda rows: [row.pop("ability") for row in rows], "missing column", "ability"),
    (lambda rows: [row.update(prompt="text") for row in rows], "wrong type", "prompt"),
    (lambda rows: rows[1].update(agent_name=None), "wrong type", "agent_name"),
    (lambda rows: rows[1]["extra_info"].update(index=None), "wrong type", "extra_info.index"),
    (lambda rows: rows[1]["images"][0].update(bytes=None), "wrong type", "images[0].bytes"),
    (lambda rows: rows[1]["images"][0].update(bytes=b"no image"), "image does not decode", "images[0].bytes"),
    (
        lambda rows: rows[1]["images"][0].update(bytes=rows[1]["images"][0]["bytes"][:2000]),
        "image does not decode",
        "images[0].bytes",
    ),
    (
        lambda rows: rows[1]["prompt"][0].update(content=rows[1]["prompt"][0]["content"].replace("<image>", "")),
        "number of <image> marks is not that of images",
        "prompt",
    ),
    (lambda rows: rows[1].update(images=[]), "number of <image> marks is not that of images", "prompt"),
    (
        lambda rows: rows[1]["reward_model"].update(ground_truth="B"),
        "ground truth is no rollout",
        "reward_model.ground_truth",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t.update(response="x")),
        "ground truth is no rollout",
        "reward_model.ground_truth",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t["reference"]["regions"][0].update(box=[0, 0, 57, 9])),
        "reference box outside the image",
        "reward_model.ground_truth.reference.regions[0].box",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t["reference"]["regions"][0].update(box=[9, 0, 5, 9])),
        "reference box outside the image",
        "reward_model.ground_truth.reference.regions[0].box",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t["image"].update(width=60)),
        "image size is not the image's",
        "reward_model.ground_truth.image",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t.pop("image")),
        "reference boxes without an image size",
        "reward_model.ground_truth.image",
    ),
    (
        lambda rows: truth(rows[2], lambda t: t["reference"].update(answer="C")),
        "answer letter without such a choice",
        "reward_model.ground_truth.reference.answer",
    ),
    (
        lambda rows: truth(rows[2], lambda t: t["reference"].update(answer="A, B")),
        "several letters for a single choice",
        "reward_model.ground_truth.reference.answer",
    ),
    (
        lambda rows: truth(rows[2], lambda t: t.pop("choices")),
        "choice question without choices",
        "reward_model.ground_truth.choices",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t.update(question_type="closed_ended")),
        "closed question answered by neither yes nor no",
        "reward_model.ground_truth.reference.answer",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t.update(question_type="riddle")),
        "unknown question type",
        "reward_model.ground_truth.question_type",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t.update(box_space="inch")),
        "unknown box space",
        "reward_model.ground_truth.box_space",
    ),
    (
        lambda rows: truth(rows[1], lambda t: t["reference"].update(answer="")),
        "empty reference answer",
        "reward_model.ground_truth.reference.answer",
    ),
    (
        lambda rows: rows[1]["prompt"][0].update(content="<image>What is it?"),
        "does not ask for the recipe's format",
        "prompt",
    ),
    (lambda rows: rows[1]["prompt"][0].update(role="assistant"), "no turn of the user", "prompt"),
    (lambda rows: rows[1].update(agent_name="wizard"), "unknown agent", "agent_name"),
    (lambda rows: rows[1]["extra_info"].update(recipe="soup"), "unknown recipe", "extra_info.recipe"),
    (lambda rows: rows[1]["extra_info"].update(index=0), "duplicated index", "extra_info.index"),
    (lambda rows: rows.clear(), "the file has no rows", ""),
]


@pytest.mark.parametrize(("damage", "kind", "field"), DAMAGES, ids=[f"{kind}-{field}" for _, kind, field in DAMAGES])
def test_each_damage_is_found_alone_with_its_row_and_field(sound: Path, damage: Damage, kind: str, field: str) -> None:
    rows = made.rows_of(sound)
    damage(rows)
    schema = pq.read_schema(sound) if not rows else None
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sound)
    checked = check([sound])
    assert {(finding.kind, finding.field) for finding in checked.findings} == {(kind, field)}
    whole = kind in ("missing column", "the file has no rows")
    choice = field.endswith("choices") or "letter" in kind
    first = None if whole else 2 if choice else 0 if (kind, field) == ("wrong type", "prompt") else 1
    assert checked.findings[0].row == first


def test_an_image_in_two_files_is_found(sound: Path, tmp_path: Path) -> None:
    other = tmp_path / "val.parquet"
    rows = made.rows_of(sound)[:1]
    pq.write_table(pa.Table.from_pylist(rows * 2, schema=pq.read_schema(sound)), other)
    checked = check([sound, other])
    shared = [finding for finding in checked.findings if finding.kind == "the same image in two files"]
    assert [(finding.file, finding.row, finding.detail) for finding in shared] == [(str(other), 0, f"also in {sound}")]


@pytest.mark.parametrize("content", [None, b"no parquet", b"PAR1broken"])
def test_a_file_that_is_no_parquet_is_a_finding_and_the_next_is_read(
    sound: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "broken.parquet"
    if content is not None:
        path.write_bytes(content)
    checked = check([path, sound])
    assert kinds(checked) == {"the file cannot be read"}
    assert checked.summaries[str(sound)].rows == 3


def test_findings_are_capped_but_all_are_counted(sound: Path) -> None:
    rows = [row | {"agent_name": "wizard"} for row in made.rows_of(sound)]
    pq.write_table(pa.Table.from_pylist(rows), sound)
    checked = check([sound], keep=2)
    assert checked.counts == {(str(sound), "unknown agent"): 3}
    assert [finding.row for finding in checked.findings] == [0, 1]
    assert check([sound], agents=["wizard"]).counts == {}


def test_text_that_is_not_utf8_is_a_finding(sound: Path) -> None:
    table = pq.read_table(sound)
    ends = pa.array([0, 1, 2, 3], pa.int32()).buffers()[1]
    wrong = pa.StringArray.from_buffers(3, ends, pa.py_buffer(b"\xff\xfe\xff"))
    pq.write_table(table.set_column(table.schema.get_field_index("ability"), "ability", wrong), sound)
    assert kinds(check([sound])) == {"the file cannot be read"}


def test_columns_of_others_are_not_read(sound: Path) -> None:
    # Python has no value for such a time
    times = pa.array([2**62] * 3, pa.timestamp("ms"))
    pq.write_table(pq.read_table(sound).append_column("mine", times), sound)
    assert check([sound]).counts == {}


def test_a_file_given_twice_is_read_once(sound: Path) -> None:
    assert check([sound, sound]).summaries[str(sound)].rows == 3
