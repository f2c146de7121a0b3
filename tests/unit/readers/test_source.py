"""The contract's own lines, and files that are zipped, broken or not there."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from medreward.contract.codec import Limits
from medreward.contract.types import Rollout
from medreward.readers import READERS, Options, ReaderError, Source

from .files import lines, read


def test_rollouts_are_read_as_they_are_within_the_limits(tmp_path: Path) -> None:
    path = lines(tmp_path / "r.jsonl", "", {"id": "a", "response": "x"}, {"id": "b", "response": "xyz"})
    assert read("rollouts", path) == [Rollout(id="a", response="x"), Rollout(id="b", response="xyz")]
    with pytest.raises(ReaderError, match=r"r\.jsonl:3: response: has 3 characters, at most 2 are taken"):
        read("rollouts", path, limits=Limits(text_chars=2))


def test_a_bad_line_comes_after_the_good_ones_before_it(tmp_path: Path) -> None:
    rows = READERS["rollouts"].read(Source(lines(tmp_path / "r.jsonl", {"id": "a"}, "{]")), Options())
    assert next(rows) == Rollout(id="a")
    with pytest.raises(ReaderError, match=r"r\.jsonl:2: is not JSON"):
        next(rows)


def test_a_file_that_is_not_there_or_breaks_off_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"no\.jsonl: cannot be read: No such file"):
        read("rollouts", tmp_path / "no.jsonl")
    with pytest.raises(ReaderError, match="cannot be read: Is a directory"):
        Source(tmp_path).check()
    half = tmp_path / "half.jsonl.gz"
    whole = gzip.compress(b'{"id": "a"}\n' * 1000)
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReaderError, match="gzip stream is broken"):
        read("rollouts", half)


def test_a_zipped_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "named-otherwise.jsonl"
    path.write_bytes(gzip.compress(b'{"id": "a"}\n'))
    assert read("rollouts", path) == [Rollout(id="a")]
