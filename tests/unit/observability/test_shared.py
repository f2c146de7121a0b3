"""Processes that count together, and what is left of those that were killed."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from medreward.observability import shared
from medreward.observability.exposition import node_exposition

from .scraped import samples, total, value


class Counting:
    """A process that counts."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.observability.counting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)},
        )
        self._answered()

    def tell(self, command: str) -> None:
        """Returns when it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        self._answered()

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        self._process.kill()
        self._process.communicate()

    def _answered(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "done\n"


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Callable[[], Counting]]:
    started: list[Counting] = []

    def start() -> Counting:
        started.append(Counting(tmp_path))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def rollouts(directory: Path) -> float | None:
    return value(node_exposition(directory), "medreward_rollouts_total", recipe="gemex", outcome="scored")


def test_what_processes_count_is_summed_once(tmp_path: Path, counting: Callable[[], Counting]) -> None:
    for process in (counting(), counting()):
        process.tell("replied 3")
    page = node_exposition(tmp_path)
    assert value(page, "medreward_rollouts_total", recipe="gemex", outcome="scored") == 6.0
    assert value(page, "medreward_batch_rollouts_count", protocol="http") == 2.0
    assert value(page, "medreward_batch_rollouts_bucket", protocol="http", le="+Inf") == 2.0
    assert value(page, "medreward_batch_rollouts_bucket", protocol="http", le="2.0") == 0.0


def test_counts_do_not_fall_when_a_process_is_killed_and_replaced(
    tmp_path: Path, counting: Callable[[], Counting]
) -> None:
    first = counting()
    first.tell("replied 3")
    first.kill()
    assert rollouts(tmp_path) == 3.0
    second = counting()
    assert rollouts(tmp_path) == 3.0
    second.tell("replied 2")
    assert rollouts(tmp_path) == 5.0


def test_a_killed_process_leaves_no_live_gauge(tmp_path: Path, counting: Callable[[], Counting]) -> None:
    first, second = counting(), counting()
    for process in (first, second):
        process.tell("enter")
    second.tell("identify two")
    assert value(node_exposition(tmp_path), "medreward_requests_in_flight", protocol="http") == 2.0
    second.kill()
    page = node_exposition(tmp_path)
    assert value(page, "medreward_requests_in_flight", protocol="http") == 1.0
    assert total(page, "medreward_build_info") == 0
    # nor does whoever takes its place begin with it
    counting().tell("replied 1")
    assert value(node_exposition(tmp_path), "medreward_requests_in_flight", protocol="http") == 1.0


def test_replacements_add_no_files(tmp_path: Path, counting: Callable[[], Counting]) -> None:
    seen = []
    for _ in range(3):
        process = counting()
        process.tell("replied 1")
        process.tell("enter")
        process.kill()
        seen.append({file.name for file in tmp_path.iterdir()})
    assert seen[0] == seen[1] == seen[2]


def test_an_info_that_no_longer_holds_is_not_shown(tmp_path: Path, counting: Callable[[], Counting]) -> None:
    process = counting()
    for judge in ("one", "two", "one", "two"):
        process.tell(f"identify {judge}")
    found = {dict(labels)["judge"] for name, labels in samples(node_exposition(tmp_path)) if name.endswith("_info")}
    assert found == {"two"}


def test_a_forked_child_does_not_write_over_its_parent_s_counts(
    tmp_path: Path, counting: Callable[[], Counting]
) -> None:
    process = counting()
    process.tell("replied 5")
    process.tell("fork")
    process.tell("replied 5")
    assert rollouts(tmp_path) == 11.0


def test_a_file_that_was_just_made_is_no_error(tmp_path: Path, counting: Callable[[], Counting]) -> None:
    counting().tell("replied 1")
    (tmp_path / "counter_9.db").touch()
    assert rollouts(tmp_path) == 1.0


def test_a_full_disk_kills_no_process_for_its_metrics(tmp_path: Path, counting: Callable[[], Counting]) -> None:
    counting().tell("replied 1")
    for file in tmp_path.glob("*.db"):
        # written pages of a sparse file would be wanted of the disk later
        assert file.stat().st_blocks * 512 >= file.stat().st_size, file


def test_a_directory_without_counts_is_an_empty_page(tmp_path: Path) -> None:
    assert node_exposition(tmp_path) == b""


def test_a_child_that_outlives_its_parent_does_not_count_as_it(
    tmp_path: Path, counting: Callable[[], Counting]
) -> None:
    process = counting()
    process.tell("enter")
    process.tell("leave a child")
    process.kill()
    assert value(node_exposition(tmp_path), "medreward_requests_in_flight", protocol="http") is None
    counting().tell("replied 1")
    assert rollouts(tmp_path) == 1.0
    assert {file.name for file in tmp_path.glob("slot-*")} == {"slot-0.lock"}


def test_a_slot_that_a_scrape_looks_at_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, descriptor = shared._take(tmp_path)
    os.close(descriptor)
    looking = os.open(tmp_path / "slot-0.lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    # the scrape has looked by the time that is waited
    monkeypatch.setattr(time, "sleep", lambda seconds: os.close(looking))
    slot, descriptor = shared._take(tmp_path)
    os.close(descriptor)
    assert slot == "0"


def test_a_process_that_finds_no_room_leaves_its_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="No space"):
            shared.join(tmp_path)
    assert not shared.is_alive(tmp_path, "0")
    slot, descriptor = shared._take(tmp_path)
    os.close(descriptor)
    assert slot == "0"
