"""The queue and its thread: nothing is lost on a clean stop, and nobody waits."""

from __future__ import annotations

import errno
import logging
import pickle
import threading
from pathlib import Path
from typing import cast

import pytest

from medreward.contract import types as t
from medreward.judge.rubrics import Rubric
from medreward.judge.types import Completion, Message, Prompt, Verdict
from medreward.observability.audit import pens
from medreward.observability.audit.fingerprints import Fingerprints
from medreward.observability.audit.ingress import _chars
from medreward.observability.audit.log import AuditLog, Entry
from medreward.observability.audit.replies import ReplyAudit

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
    for number in range(5):
        kept.score(f"{number}")
    kept.log.close()
    assert (kept.count("written"), kept.count("dropped"), kept.waiting) == (0, 5, 0)
    gate.set()
    until(lambda: not kept.log._thread.is_alive())
    # what the disk took in the end does not count twice
    assert (kept.count("written"), kept.count("dropped"), kept.waiting) == (0, 5, 0)


def test_what_is_dropped_at_the_end_is_told_though_drops_were_told_just_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: pens.Pen, lines: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pens.Pen, "append", full)
    kept = Kept(tmp_path)
    kept.score("a")
    until(lambda: "is tried again" in caplog.text)
    for number in range(500):
        kept.score(f"{number}")
    kept.log.close()
    assert (kept.count("written"), kept.count("dropped"), kept.waiting) == (0, 501, 0)
    assert caplog.records[-1].message.endswith(": closed; 501 records dropped, the last 0 at its end")


def test_a_thread_that_ended_before_its_time_is_a_loss_that_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("medreward.observability.audit.log.AuditLog._run", lambda self: None)
    kept = Kept(tmp_path)
    kept.score("a", "b")
    kept.log.close()
    assert (kept.count("written"), kept.count("dropped"), kept.waiting) == (0, 2, 0)
    assert "2 records dropped" in caplog.text


def test_no_exception_of_a_conversion_ends_the_log_or_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def convert(lines: Path, table: Path) -> None:
        raise OverflowError("a text of a patient")

    monkeypatch.setattr("medreward.observability.audit.parquet.convert", convert)
    with keeping(tmp_path, format="parquet", rotate_s=0.05) as kept:
        kept.score("a")
        until(lambda: names(tmp_path, "*.jsonl"))
        kept.score("b")
    assert ids(tmp_path) == ["a", "b"]
    assert (kept.count("written"), kept.count("dropped")) == (2, 0)
    assert "OverflowError" in caplog.text
    assert "patient" not in caplog.text


def test_a_defect_of_writing_drops_what_it_met_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append, defects = pens.Pen.append, [TypeError("a defect")]

    def once(self: pens.Pen, lines: bytes) -> None:
        if defects:
            raise defects.pop()
        append(self, lines)

    monkeypatch.setattr(pens.Pen, "append", once)
    with keeping(tmp_path) as kept:
        kept.score("a")
        until(lambda: kept.count("dropped") == 1)
        kept.score("b")
    assert ids(tmp_path) == ["b"]
    assert (kept.count("written"), kept.count("dropped"), kept.waiting) == (1, 1, 0)


def test_the_judge_s_entries_hold_no_more_than_the_queue_counts() -> None:
    taken: list[Entry] = []

    class Log:
        def offer(self, entry: Entry) -> None:
            taken.append(entry)

    asked = (Message("user", "y" * 5000),)
    prompt = Prompt(cast(Rubric, None), {"answer": "x" * 5000}, False, asked, "z" * 5000, "", (), 10, 0, ())
    said = Verdict({"a": 9}, None, None, {})
    for texts in (False, True):
        ReplyAudit(cast(AuditLog, Log()), texts=texts).replied(prompt, "k", Completion("9", "stop"), said, {})
    for entry in taken:
        assert len(pickle.dumps(entry.lines.__self__.prompt)) < entry.size  # type: ignore[attr-defined]


def test_the_choices_and_the_reference_of_a_rollout_count_as_memory() -> None:
    plain = t.Rollout(id="a")
    full = t.Rollout(id="a", choices={"A": "x" * 100}, reference=t.Reference("y" * 200, [t.Region("z" * 50)]))
    assert _chars(full) - _chars(plain) >= 350
