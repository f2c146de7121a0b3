from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from medreward_trainer.scorer.sources.files import DataError, read_rows, read_whole


class Row(msgspec.Struct):
    name: str


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_read_whether_gzipped_or_not(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(pack(b'{"name": "a", "other": 1}\n\n{"name": "b\xe2\x80\xa8c"}\n'))
    assert [row.name for row in read_rows(path, Row)] == ["a", "b\u2028c"]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"name": "a"}\n\n{"name": 1}\n')
    with pytest.raises(DataError, match=r"rows.jsonl:3: .*name"):
        list(read_rows(path, Row))


def test_a_gzip_stream_that_was_cut_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.json.gz"
    path.write_bytes(gzip.compress(b'[{"name": "a"}]')[:-4])
    with pytest.raises(DataError, match=r"rows.json.gz: its gzip stream is broken"):
        read_whole(path, list[Row])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.json: cannot be read"):
        read_whole(tmp_path / "none.json", list[Row])
