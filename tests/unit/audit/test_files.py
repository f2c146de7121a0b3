"""Files: their rights, when they are finished, who finishes those of the dead, and which are deleted."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from medreward.observability.audit import files, pens
from medreward.observability.audit.reading import AuditFiles
from medreward.observability.audit.rows import RolloutRow

from .made import Kept, ids, keeping, names, until

CHILD = """
import sys
from pathlib import Path
from tests.unit.audit.made import Kept
kept = Kept(Path(sys.argv[1]))
for number in range(100):
    kept.score(f"{sys.argv[2]}-{number}")
kept.written(100)
print("written", flush=True)
sys.stdin.read()
kept.log.close()
"""


def child(directory: Path, who: str) -> subprocess.Popen[str]:
    """Another process that has written a hundred rollouts there; it ends when its input does."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(directory), who],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        kept.score("a")
        kept.written(1)
        (opened,) = tmp_path.glob("rollouts-*.open")
        assert stat.S_IMODE(opened.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_file_that_is_taken_for_one_of_the_dead_before_its_lock_costs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, adopted = fcntl.flock, list[Path]()

    def meanwhile(descriptor: int, operation: int) -> None:
        # another process starts just here, and finishes what nobody holds
        monkeypatch.setattr(fcntl, "flock", flock)
        for path, orphan in files.orphans(tmp_path):
            adopted.append(path)
            pens.finish(path, orphan, files.without_torn_line(orphan), kept.settings)
        flock(descriptor, operation)

    with keeping(tmp_path) as kept:
        kept.score("a")
        kept.written(1)
        kept.log._pens["rollouts"].finish()
        monkeypatch.setattr(fcntl, "flock", meanwhile)
        kept.score("b")
    assert len(adopted) == 1
    assert ids(tmp_path) == ["a", "b"]
    assert (kept.count("written"), kept.count("dropped")) == (2, 0)


def test_a_file_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        kept.score("a", "b")
        kept.written(2)
        assert ids(tmp_path) == ["a", "b"]
        assert names(tmp_path, "*.jsonl") == []
    assert len(names(tmp_path, "*.jsonl")) == 1
    assert names(tmp_path, "*.open") == []


def test_a_file_is_finished_when_it_is_full(tmp_path: Path) -> None:
    with keeping(tmp_path, rotate_mib=0.001) as kept:
        for number in range(20):
            kept.score(f"{number}")
            kept.written(number + 1)
    assert len(names(tmp_path)) > 5
    assert all(path.stat().st_size <= 0.001 * 2**20 for path in tmp_path.glob("rollouts-*"))
    assert ids(tmp_path) == [f"{number}" for number in range(20)]


def test_a_file_is_finished_when_it_is_old(tmp_path: Path) -> None:
    with keeping(tmp_path, rotate_s=0.05) as kept:
        kept.score("a")
        until(lambda: names(tmp_path, "*.jsonl"))


def test_where_nothing_was_scored_no_file_is_left(tmp_path: Path) -> None:
    with keeping(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_files_are_deleted_and_the_newest_stays(tmp_path: Path) -> None:
    with keeping(tmp_path, rotate_mib=0.001, keep_mib=0.003) as kept:
        for number in range(40):
            kept.score(f"{number}")
            kept.written(number + 1)
    assert sum(path.stat().st_size for path in tmp_path.glob("rollouts-*")) <= 0.003 * 2**20
    left = [int(one) for one in ids(tmp_path)]
    assert left == list(range(left[0], 40))
    assert left[0] > 0


def test_a_file_over_the_whole_limit_is_kept_while_it_is_the_newest(tmp_path: Path) -> None:
    with keeping(tmp_path, keep_mib=0.0001) as kept:
        kept.score("a")
    assert ids(tmp_path) == ["a"]


def test_processes_share_a_directory(tmp_path: Path) -> None:
    children = [child(tmp_path, who) for who in "xyz"]
    for process in children:
        process.communicate()
    assert sorted(ids(tmp_path)) == sorted(f"{who}-{number}" for who in "xyz" for number in range(100))
    assert len(names(tmp_path, "*.jsonl")) == 3
    assert len(names(tmp_path, "fingerprints-*")) == 1


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_what_a_killed_process_wrote_is_finished_by_the_next(tmp_path: Path, kind: str) -> None:
    process = child(tmp_path, "dead")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (left,) = tmp_path.glob("*.open")
    with left.open("ab") as file:
        file.write(b'{"torn')
    reading = AuditFiles(tmp_path, RolloutRow)
    assert len(list(reading.rows())) == 100
    assert reading.torn == 1
    with keeping(tmp_path, format=kind):
        until(lambda: names(tmp_path, f"*.{kind}"))
    assert names(tmp_path, "*.open") == []
    assert len(list(reading.rows())) == 100
    assert reading.torn == 0


def test_the_files_of_a_living_process_are_left_alone(tmp_path: Path) -> None:
    process = child(tmp_path, "alive")
    with keeping(tmp_path) as kept:
        kept.score("a")
        kept.written(1)
    assert len(names(tmp_path, "*.open")) == 1
    process.communicate()
    assert names(tmp_path, "*.open") == []
    assert len(ids(tmp_path)) == 101


def test_names_differ_in_one_process_and_between_two() -> None:
    one, other = files.FileNames(), files.FileNames()
    given = [names.next("rollouts") for names in (one, other) for _ in range(100)]
    assert len(set(given)) == 200


def test_a_file_that_was_deleted_under_the_writer_does_not_stop_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path, rotate_mib=0.001)
    kept.score("a")
    kept.written(1)
    for path in tmp_path.glob("*.open"):
        path.unlink()
    for number in range(20):
        kept.score(f"{number}")
    kept.log.close()
    assert ids(tmp_path)[-1] == "19"
