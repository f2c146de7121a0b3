from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from medreward_trainer.data.rows import BROKEN, files_of, read_rows
from medreward_trainer.data.types import DataError, Left


class _Row(msgspec.Struct):
    a: int


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"a": 1}\n\n{"a": "x"}\n{"a": 3}', ["d.json:1", "d.json:3", "d.json:4"]),
        ('[{"a": 1}, {"a": "x"}, {"a": 3}]', ["d.json[0]", "d.json[1]", "d.json[2]"]),
        ('[\n{"a": 1},\n{"a": "x"},\n{"a": 3}\n]', ["d.json[0]", "d.json[1]", "d.json[2]"]),
    ],
)
def test_a_broken_row_is_named_and_the_rest_is_read(tmp_path: Path, text: str, places: list[str], zipped: bool) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    (_, first), (_, broken), (_, last) = read_rows(path, _Row)
    assert (first, last) == (_Row(1), _Row(3))
    assert isinstance(broken, Left)
    assert broken.broken
    assert broken.reason == BROKEN
    assert "$.a" in broken.detail
    assert [place for place, _ in read_rows(path, _Row)] == places


def test_a_broken_first_line_does_not_swallow_the_file(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"a": \n[1]\n{"a": 3}\n')
    assert [isinstance(row, Left) for _, row in read_rows(tmp_path / "d.jsonl", _Row)] == [True, True, False]


@pytest.mark.parametrize("content", [None, b"\x1f\x8bbroken", b'[{"a": 1},'])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "d.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"d\.json"):
        list(read_rows(path, _Row))


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("a/train.json", "train"),
        ("training/part-1.jsonl", "train"),
        ("train/x_validation.jsonl", "val"),
        ("testset.json.gz", "test"),
        ("valve.json", None),
        ("latest.json", None),
        ("testimony/a.json", None),
    ],
)
def test_a_files_name_tells_its_split_by_whole_words(tmp_path: Path, name: str, split: str | None) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert list(files_of(tmp_path)) == [(path, split)]


def test_a_file_whose_name_is_not_utf8_has_places_that_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n')
    assert list(read_rows(path, _Row)) == [("a\ufffd.jsonl:1", _Row(1)), ("a\ufffd.jsonl:3", _Row(2))]
