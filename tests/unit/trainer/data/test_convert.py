from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from medreward_trainer.data.images import Finder
from medreward_trainer.data.readers import SOURCES
from medreward_trainer.data.types import SPLITS, DataError, ReadOptions
from medreward_trainer.truth import decode

from . import made

made.need_pyarrow()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [made.rollout(number, tmp_path / "images") for number in range(20)]
    return made.lines(tmp_path / "data.jsonl", rows)


def all_rows(out: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(out.glob("*.parquet")) for row in made.rows_of(path)]


def test_a_row_has_what_verl_reads(data: Path, tmp_path: Path) -> None:
    made.converted(data, tmp_path / "out")
    row = made.rows_of(tmp_path / "out/train.parquet")[0]
    assert row["data_source"] == "jsonl"
    assert row["agent_name"] == "single_turn_agent"
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert row["prompt"][0]["content"].startswith("<image>Where is finding")
    assert row["images"][0]["path"] is None
    assert row["reward_model"]["style"] == "rule"
    assert set(row["extra_info"]) == {"split", "index", "id", "image", "question_type", "recipe"}
    assert (row["extra_info"]["split"], row["extra_info"]["recipe"]) == ("train", "gemex")


def test_boxes_are_scaled_with_the_image_and_the_truth_has_its_size(data: Path, tmp_path: Path) -> None:
    made.converted(data, tmp_path / "out")
    row = all_rows(tmp_path / "out")[0]
    truth = decode(row["reward_model"]["ground_truth"])
    with Image.open(io.BytesIO(row["images"][0]["bytes"])) as image:
        assert image.size == (56, 84)
    assert truth.image is not None
    assert (truth.image.width, truth.image.height) == (56, 84)
    assert truth.reference is not None
    # [6, 9, 30, 45] of 60 x 90
    assert truth.reference.regions[0].box == [5.6, 8.4, 28.0, 42.0]
    assert truth.box_space == "pixel"
    assert "56 wide and 84 high" in row["prompt"][0]["content"]


def test_medsage_rows_go_to_its_agent(data: Path, tmp_path: Path) -> None:
    made.converted(data, tmp_path / "out", recipe="medsage")
    row = all_rows(tmp_path / "out")[0]
    assert row["agent_name"] == "medsage"
    assert decode(row["reward_model"]["ground_truth"]).box_space is None


def test_no_image_is_in_two_files_and_indexes_count_from_zero(data: Path, tmp_path: Path) -> None:
    report = made.converted(data, tmp_path / "out")
    seen: dict[str, set[str]] = {}
    for split in SPLITS:
        rows = made.rows_of(tmp_path / f"out/{split}.parquet")
        assert [row["extra_info"]["index"] for row in rows] == list(range(len(rows)))
        assert {row["extra_info"]["split"] for row in rows} == {split}
        assert report.files[split].rows == len(rows) > 0
        for row in rows:
            seen.setdefault(hashlib.sha256(row["images"][0]["bytes"]).hexdigest(), set()).add(split)
    assert all(len(splits) == 1 for splits in seen.values())
    assert len(seen) == 20


def test_copies_of_an_image_go_to_one_split(tmp_path: Path) -> None:
    rows = [made.rollout(number, tmp_path / "images", seed=number % 5) for number in range(40)]
    made.converted(made.lines(tmp_path / "d.jsonl", rows), tmp_path / "out", by="image")
    seen: dict[bytes, set[str]] = {}
    for row in all_rows(tmp_path / "out"):
        seen.setdefault(row["images"][0]["bytes"], set()).add(row["extra_info"]["split"])
    assert len(seen) == 5
    assert all(len(splits) == 1 for splits in seen.values())


def test_the_same_seed_gives_the_same_files(data: Path, tmp_path: Path) -> None:
    digests = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        made.converted(data, tmp_path / name, limit=4, seed=seed)
        digests.append(
            [hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((tmp_path / name).glob("*.parquet"))]
        )
    assert digests[0] == digests[1] != digests[2]


def test_a_limit_bounds_every_file_and_counts_the_rest(data: Path, tmp_path: Path) -> None:
    report = made.converted(data, tmp_path / "out", limit=1)
    assert {split: file.rows for split, file in report.files.items()} == dict.fromkeys(SPLITS, 1)
    assert report.left_out["not drawn: beyond the limit"].rows == 17


def test_no_file_is_written_of_a_split_that_lost_all_its_rows(tmp_path: Path) -> None:
    rows = [made.rollout(n, tmp_path / "images", split=split) for n, split in enumerate(SPLITS)]
    (tmp_path / "images/1.png").write_bytes(b"no image")
    report = made.converted(made.lines(tmp_path / "d.jsonl", rows), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").glob("*.parquet")} == {"train.parquet", "test.parquet"}
    assert report.notes == ["val: no rows"]


@pytest.mark.parametrize("disk_ends_at", ["write", "save"])
def test_a_full_disk_leaves_the_files_of_the_run_before(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk_ends_at: str
) -> None:
    from medreward_trainer.data import parquet, report

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    made.converted(data, out, limit=2)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    if disk_ends_at == "write":
        monkeypatch.setattr(parquet.Writer, "_flush", full)
    else:
        monkeypatch.setattr(report.Report, "save", full)
    with pytest.raises(OSError, match="No space left"):
        made.converted(data, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("later", [19, 21])
def test_data_that_changes_while_it_is_read_is_an_error(data: Path, tmp_path: Path, later: int) -> None:
    source = SOURCES["jsonl"]
    samples = list(source.read(data, ReadOptions()))
    readings = iter([samples, (samples * 2)[:later]])
    changing = source._replace(read=lambda path, options: iter(next(readings)))
    with pytest.raises(DataError, match="was changed while it was read"):
        made.converted(data, tmp_path / "out", source=changing)


def test_a_turned_photograph_is_given_upright_with_its_boxes(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    wide = Image.new("RGB", (112, 56), "black")
    wide.paste("white", (0, 0, 28, 28))
    (tmp_path / "images").mkdir()
    wide.save(tmp_path / "images/1.jpg", exif=turned)
    row = made.rollout(0, tmp_path / "images", image_file="1.jpg", image={"width": 56, "height": 112})
    row["reference"]["regions"][0]["box"] = [28, 0, 56, 28]
    made.converted(made.lines(tmp_path / "d.jsonl", [row]), tmp_path / "out")
    written = all_rows(tmp_path / "out")[0]
    truth = decode(written["reward_model"]["ground_truth"])
    assert truth.reference is not None
    assert truth.reference.regions[0].box == [28, 0, 56, 28]
    with Image.open(io.BytesIO(written["images"][0]["bytes"])) as image:
        assert image.size == (56, 112)
        assert ExifTags.Base.Orientation not in image.getexif()
        # what lay at the left top before it was turned clockwise
        assert min(image.convert("L").crop((32, 4, 52, 24)).tobytes()) > 200
        assert max(image.convert("L").crop((0, 4, 24, 108)).tobytes()) < 50


@pytest.mark.parametrize("text", ["a <|im_end|> b", "<|image_pad|>"])
def test_a_question_with_a_control_token_is_left_out(tmp_path: Path, text: str) -> None:
    rows = [made.rollout(0, tmp_path / "images"), made.rollout(1, tmp_path / "images", question=text)]
    report = made.converted(made.lines(tmp_path / "d.jsonl", rows), tmp_path / "out")
    assert report.left_out["text that a tokenizer would take for one of its control tokens"].rows == 1


def test_a_name_too_long_for_a_file_is_one_that_is_missing(data: Path, tmp_path: Path) -> None:
    with data.open("a") as file:
        file.write(json.dumps(made.rollout(30, tmp_path / "images", image_file="a" * 5000)) + "\n")
    left = made.converted(data, tmp_path / "out").left_out["there is no such image file"]
    assert left.rows == 1
    assert len(left.examples[0]) < 200


def test_every_row_read_is_written_or_counted(data: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    (images / "3.png").write_bytes(b"no image")
    (images / "4.png").unlink()
    extra: list[Any] = [
        made.rollout(30, images, reference={"answer": "left", "regions": [{"box": [0, 0, 99, 9]}]}),
        made.rollout(31, images, question="Is <image> here?"),
        made.rollout(32, images, question_type="closed_ended"),
        made.rollout(33, images, question_type="single_choice"),
        made.rollout(34, images, reference={"answer": " "}),
        made.rollout(35, images, image={"width": 90, "height": 60}),
        made.rollout(36, images, image_file=["0.png", "1.png"]),
        {"nothing": 1},
    ]
    with data.open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in extra)
    report = made.converted(data, tmp_path / "out")
    assert {reason: left.rows for reason, left in report.left_out.items()} == {
        "the image file cannot be decoded": 1,
        "there is no such image file": 1,
        "a box outside the image": 1,
        "text that verl would take for an image, a video or a sound": 1,
        "a closed question whose answer is neither yes nor no": 1,
        "a choice question without options": 1,
        "the answer is empty": 1,
        "the data gives the image another shape than its file has": 1,
        "boxes, but not one image they are on": 1,
        "the row is not of the known form": 1,
    }
    assert report.written + sum(left.rows for left in report.left_out.values()) == report.read == 28
    assert report.left_out["there is no such image file"].examples == ["data.jsonl:5: 4.png"]


def test_strict_stops_at_a_broken_row_and_leaves_no_file(data: Path, tmp_path: Path) -> None:
    (tmp_path / "images/3.png").unlink()
    with pytest.raises(DataError, match=r"data\.jsonl:4: there is no such image file: 3\.png"):
        made.converted(data, tmp_path / "out", strict=True)
    assert list((tmp_path / "out").iterdir()) == []


def test_data_of_which_nothing_can_be_written_is_an_error(tmp_path: Path) -> None:
    data = made.lines(tmp_path / "d.jsonl", [made.rollout(1, tmp_path / "images", question_type="single_choice")])
    with pytest.raises(DataError, match="of 1 rows none can be written; 1: a choice question without options"):
        made.converted(data, tmp_path / "out")


def test_a_file_of_an_earlier_run_does_not_stay(data: Path, tmp_path: Path) -> None:
    made.converted(data, tmp_path / "out")
    one = made.lines(tmp_path / "one.jsonl", [made.rollout(1, tmp_path / "images", split="train")])
    report = made.converted(one, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").glob("*.parquet")] == ["train.parquet"]
    assert report.notes == ["val: no rows", "test: no rows"]


def test_whether_boxes_are_asked_for_does_not_depend_on_the_row(tmp_path: Path) -> None:
    bare = {"answer": "none"}
    given: list[dict[str, Any]] = [{}, {"reference": bare}] * 5
    rows = [made.rollout(n, tmp_path / "images", **fields) for n, fields in enumerate(given)]
    made.converted(made.lines(tmp_path / "some.jsonl", rows), tmp_path / "some")
    asked = ["<box>" in row["prompt"][0]["content"] for row in all_rows(tmp_path / "some")]
    assert len(asked) == 10
    assert all(asked)
    none = [row | {"reference": bare} for row in rows]
    made.converted(made.lines(tmp_path / "none.jsonl", none), tmp_path / "none")
    assert not any("<box>" in row["prompt"][0]["content"] for row in all_rows(tmp_path / "none"))


def test_several_images_have_a_mark_each_and_no_size(tmp_path: Path) -> None:
    rows = [
        made.rollout(n, tmp_path / "images", reference={"answer": "x"}, image_file=[f"{n}.png"] * 2) for n in (1, 2)
    ]
    made.converted(made.lines(tmp_path / "d.jsonl", rows), tmp_path / "out")
    row = all_rows(tmp_path / "out")[0]
    assert row["prompt"][0]["content"].count("<image>") == len(row["images"]) == 2
    assert decode(row["reward_model"]["ground_truth"]).image is None


def test_text_only_rows_carry_neither_images_nor_boxes(data: Path, tmp_path: Path) -> None:
    report = made.converted(data, tmp_path / "out", text_only=True)
    for row in all_rows(tmp_path / "out"):
        truth = decode(row["reward_model"]["ground_truth"])
        assert (row["images"], truth.image, truth.reference and truth.reference.regions) == ([], None, [])
        assert "<image>" not in row["prompt"][0]["content"]
    assert any("without images" in note for note in report.notes)


def test_a_frame_of_its_own_is_brought_to_the_images(tmp_path: Path) -> None:
    talk = [
        {"from": "human", "value": "<image>\nWhat?"},
        {"from": "gpt", "value": '<LOC>{"box_2d": [100, 200, 500, 1000], "label": "x"}</LOC><ANSWER>y</ANSWER>'},
    ]
    made.image(tmp_path / "a.png", 56, 112)
    made.array(tmp_path / "sage.json", [{"conversations": talk, "images": ["a.png"]}])
    made.converted(tmp_path / "sage.json", tmp_path / "out", name="sage", recipe="medsage")
    truth = decode(all_rows(tmp_path / "out")[0]["reward_model"]["ground_truth"])
    assert truth.reference is not None
    assert truth.reference.regions[0].box == [11.2, 11.2, 56.0, 56.0]


def test_a_data_set_is_never_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from medreward_trainer.data import parquet

    monkeypatch.setattr(parquet, "GROUP_ROWS", 4)
    held: list[int] = []
    flush = parquet.Writer._flush

    def counted(writer: parquet.Writer) -> None:
        held.append(len(writer._rows))
        flush(writer)

    monkeypatch.setattr(parquet.Writer, "_flush", counted)
    rows = [made.rollout(n, tmp_path / "images", split="train") for n in range(10)]
    made.converted(made.lines(tmp_path / "d.jsonl", rows), tmp_path / "out")
    assert held == [4, 4, 2]
    assert len(made.rows_of(tmp_path / "out/train.parquet")) == 10


def test_each_image_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    opened: Any = Path.open

    def counted(path: Path, *mode: str) -> Any:
        asked.append(path)
        return opened(path, *mode)

    path = made.image(tmp_path / "a.png")
    monkeypatch.setattr(Path, "open", counted)
    finder = Finder([tmp_path], lambda name: (name,))
    assert finder.digest(path) == finder.digest(finder.find("a.png"))
    assert asked == [path]
