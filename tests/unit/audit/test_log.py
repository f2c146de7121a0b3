"""The queue and its thread: nothing is lost on a clean stop, and nobody waits."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from medreward.observability.audit import pens
from medreward.observability.audit.fingerprints import Fingerprints
from medreward.observability.audit.log import Entry

from .made import Kept, ids, keeping, names, until


def test_what_was_handed_over_is_written_when_the_log_closes(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        for number in range(500):
            kept.score(f"{number}a", f"{number}b")
    assert ids(tmp_path) == [f"{number}{letter}" for number in range(500) for letter in "ab"]
    assert (kept.count("written"), kept.count("dropped"), kept.waiting) == (1000, 0, 0)


def test_several_threads_hand_over_at_once(tmp_path: Path) -> None:
    with keeping(tmp_path) as kept:
        threads = [
            threading.Thread(target=lambda who=who: [kept.score(f"{who}-{n}") for n in range(200)]) for who in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(ids(tmp_path)) == sorted(f"{who}-{number}" for who in range(4) for number in range(200))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """While it is not set, the disk does not answer."""
    gate, append = threading.Event(), pens.Pen.append

    def slow(self: pens.Pen, lines: bytes) -> None:
        assert gate.wait(60)
        append(self, lines)

    monkeypatch.setattr(pens.Pen, "append", slow)
    return gate


def test_what_finds_the_queue_full_is_dropped_and_counted(tmp_path: Path, gate: threading.Event) -> None:
    with keeping(tmp_path, queue_records=10) as kept:
        for number in range(50):
            kept.score(f"{number}")
        assert kept.count("dropped") == 40
        gate.set()
    assert ids(tmp_path) == [f"{number}" for number in range(10)]
    assert (kept.count("written"), kept.count("dropped")) == (10, 40)


def test_the_queue_is_bounded_by_bytes_too(tmp_path: Path, gate: threading.Event) -> None:
    with keeping(tmp_path, queue_mib=1, texts=True) as kept:
        for number in range(50):
            kept.score(f"{number}", text="x" * 2**17)
        assert 40 < kept.count("dropped") < 50
        gate.set()
    assert kept.count("written") + kept.count("dropped") == 50


def test_a_batch_larger_than_the_queue_is_kept_where_nothing_waits(tmp_path: Path) -> None:
    with keeping(tmp_path, queue_records=2) as kept:
        kept.score("a", "b", "c")
    assert ids(tmp_path) == ["a", "b", "c"]


def test_drops_are_logged_once_a_minute(
    tmp_path: Path, gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    with keeping(tmp_path, queue_records=1) as kept:
        for number in range(100):
            kept.score(f"{number}")
        gate.set()
    said = [record for record in caplog.records if "has no room" in record.message]
    assert len(said) == 1
    assert said[0].levelno == logging.ERROR


def test_after_the_end_nothing_is_taken(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.log.close()
    kept.score("late")
    kept.log.close()
    assert kept.count("dropped") == 1
    assert names(tmp_path) == []


def test_a_record_that_cannot_be_made_does_not_end_the_log(tmp_path: Path) -> None:
    def defect(fingerprints: Fingerprints) -> bytes:
        raise KeyError("a defect")

    with keeping(tmp_path) as kept:
        kept.log.offer(Entry("rollouts", 1, 1, defect))
        kept.score("after")
    assert ids(tmp_path) == ["after"]
    assert (kept.count("written"), kept.count("dropped")) == (1, 1)


def test_a_disk_that_hangs_holds_the_end_up_no_longer_than_said(tmp_path: Path, gate: threading.Event) -> None:
    kept = Kept(tmp_path, close_s=0.2)
    kept.score("a")
    kept.log.close()
    assert kept.count("written") == 0
    gate.set()
    until(lambda: kept.count("written") == 1)
