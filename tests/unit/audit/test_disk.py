"""A disk that is full: what is scored meanwhile waits or is dropped and counted, and it goes on when there is room."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .made import Kept, ids, names, until

LIMITED = """
import resource, sys
from pathlib import Path
from tests.unit.audit.made import Kept, until
from medreward.observability.audit import log
log.RETRY_S = 0.05
kept = Kept(Path(sys.argv[1]), format=sys.argv[2], queue_records=100)
kept.score("before")
kept.written(1)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
for number in range(500):
    kept.score(f"full-{number}")
until(lambda: kept.count("dropped") >= 1)
if sys.argv[3] == "room":
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    until(lambda: kept.count("written") + kept.count("dropped") == 501)
    kept.score("after")
kept.log.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(kept.count("written"), kept.count("dropped"))
"""


def limited(directory: Path, kind: str, then: str) -> tuple[int, int]:
    """Records written and dropped by a process that may not write for a while, or to its end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", LIMITED, str(directory), kind, then]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    written, dropped = map(int, done.stdout.split())
    return written, dropped


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_process_that_may_not_write_goes_on_when_it_may(tmp_path: Path, kind: str) -> None:
    written, dropped = limited(tmp_path, kind, "room")
    assert written + dropped == 502
    assert written >= 102
    kept = ids(tmp_path)
    assert len(kept) == len(set(kept)) == written
    assert (kept[0], kept[-1]) == ("before", "after")


def test_what_cannot_be_written_until_the_end_is_counted_as_dropped(tmp_path: Path) -> None:
    written, dropped = limited(tmp_path, "jsonl", "end")
    assert (written, dropped) == (1, 500)
    assert ids(tmp_path) == ["before"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=1000", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(path: Path) -> None:
    """Takes the room that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def test_a_full_disk_leaves_whole_lines_and_is_written_to_again(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medreward.observability.audit.log.RETRY_S", 0.05)
    filler = small_disk / "filler"
    kept = Kept(small_disk, queue_records=50)
    kept.score("before")
    kept.written(1)
    fill(filler)
    for number in range(300):
        kept.score(f"full-{number}")
    until(lambda: kept.count("dropped") >= 1)
    filler.unlink()
    until(lambda: kept.count("written") + kept.count("dropped") == 301)
    kept.score("after")
    kept.log.close()
    found = ids(small_disk)
    assert len(found) == len(set(found)) == kept.count("written")
    assert kept.count("written") + kept.count("dropped") == 302
    assert (found[0], found[-1]) == ("before", "after")
    assert names(small_disk, "*.open") == []


def test_a_directory_that_is_gone_costs_no_answer_and_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medreward.observability.audit.log.RETRY_S", 0.05)
    directory = tmp_path / "audit"
    directory.mkdir()
    kept = Kept(directory, queue_records=10)
    directory.rmdir()
    for number in range(30):
        kept.score(f"{number}")
    until(lambda: kept.count("dropped") >= 1)
    directory.mkdir()
    until(lambda: kept.count("written") + kept.count("dropped") == 30)
    kept.log.close()
    assert kept.count("written") == len(ids(directory)) >= 10
