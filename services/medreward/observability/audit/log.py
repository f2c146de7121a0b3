"""The audit log of a process: a bounded queue, and the one thread that writes what is in it.

Whoever scores hands over what it has, as it is, and goes on; rows are made of it in the thread. What finds the queue
full is dropped and counted. A disk that is full or gone is tried again every second, and what waits stays in the queue.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from medreward.observability.audit import files
from medreward.observability.audit.fingerprints import Fingerprints
from medreward.observability.audit.metrics import AuditMetrics
from medreward.observability.audit.pens import Pen, finish, told
from medreward.observability.audit.rows import KINDS, Kind
from medreward.observability.audit.settings import AuditSettings

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""seconds before what could not be written is tried again"""
_SAY_EVERY_S = 60.0
_AT_A_TIME = 1024  # records that are written as one, where that many wait


class Entry(NamedTuple):
    """What was handed over: some records of one kind."""

    kind: Kind
    records: int
    size: int
    """bytes that it holds on to, as estimated"""
    lines: Callable[[Fingerprints], bytes]
    """its rows as JSON lines; called in the thread; may raise OSError where a fingerprint cannot be written"""


class AuditLog:
    """Takes entries from any thread. To be closed, so that nothing of it is lost."""

    def __init__(self, directory: Path, settings: AuditSettings, metrics: AuditMetrics | None = None) -> None:
        """Starts the thread; ``directory`` is one that :func:`check_directory` found to be sound."""
        self._directory = directory
        self._settings = settings
        self._metrics = metrics or AuditMetrics()
        self._fingerprints = Fingerprints(directory)
        names = files.FileNames()
        self._pens = {kind: Pen(kind, directory, settings, names) for kind in KINDS}
        self._changed = threading.Condition()
        self._queue: deque[Entry] = deque()
        self._records = self._size = 0  # of what is not written yet
        self._closing = self._given_up = False
        self._said = -_SAY_EVERY_S
        self._dropped = 0  # since it was last said
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def offer(self, entry: Entry) -> None:
        """Takes it, or drops it where too much waits. Never waits for the disk."""
        most = self._settings
        with self._changed:
            # an entry that is larger than the whole queue passes where nothing else waits
            full = self._records and (
                self._records + entry.records > most.queue_records or self._size + entry.size > most.queue_mib * 2**20
            )
            if not (full or self._closing):
                self._queue.append(entry)
                self._records += entry.records
                self._size += entry.size
                # here, not where they are taken: that waits while the disk takes nothing
                self._metrics.waiting.set(self._records)
                self._changed.notify()
                return
        self._drop(entry.records, "is closed" if self._closing else "has no room: its disk does not keep up")

    def close(self) -> None:
        """Writes what waits and finishes the files, within ``close_s``; what is left then is counted as dropped."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(self._settings.close_s)
        atexit.unregister(self.close)
        with self._changed:
            # whatever the thread still does, or did not live to do
            self._given_up = True
            left, self._records, self._size = self._records, 0, 0
            self._queue.clear()
            self._metrics.waiting.set(0)
            if left:
                self._metrics.dropped.inc(left)
            dropped, self._dropped = self._dropped + left, 0
        if dropped:
            log.error("audit: %s: closed; %d records dropped, the last %d at its end", self._directory, dropped, left)
        elif self._thread.is_alive():
            log.warning("audit: %s: files were not finished within %g s", self._directory, self._settings.close_s)

    def _run(self) -> None:
        self._adopt()
        while (entries := self._take()) is not None:
            for kind in dict.fromkeys(entry.kind for entry in entries):
                self._write(kind, [entry for entry in entries if entry.kind == kind])
            self._finish_old()
        for pen in self._pens.values():
            self._finish(pen)

    def _take(self) -> list[Entry] | None:
        """What is to be written next; empty when it is time to look at the files; None at the end."""
        with self._changed:
            if not self._queue:
                if self._closing:
                    return None
                due = [due for pen in self._pens.values() if (due := pen.due) is not None]
                self._changed.wait(max(0.0, min(due) - time.monotonic()) if due else None)
            taken: list[Entry] = []
            records = 0
            while self._queue and records < _AT_A_TIME:
                taken.append(self._queue.popleft())
                records += taken[-1].records
            return taken

    def _write(self, kind: Kind, entries: list[Entry]) -> None:
        records, size = sum(entry.records for entry in entries), sum(entry.size for entry in entries)
        made: list[bytes] = []
        lost = ""
        while True:
            last = self._closing
            try:
                made += [self._lines(entry) for entry in entries[len(made) :]]
                self._pens[kind].append(b"".join(made))
                break
            except OSError as error:
                self._say(logging.ERROR, "cannot be written, which is tried again: %s", error)
                if last:
                    lost = "could not be written before the end"
                    break
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, RETRY_S)
            except Exception:
                log.exception("audit: %d records cannot be written", records)
                lost = "has a defect"
                break
        # those without lines are dropped already
        kept = sum(entry.records for at, entry in enumerate(entries) if at >= len(made) or made[at])
        with self._changed:
            if self._given_up:
                # counted as dropped, though they may stand in a file
                return
            self._records -= records
            self._size -= size
            self._metrics.waiting.set(self._records)
        if lost:
            self._drop(kept, lost)
        else:
            # after the queue has room: who waits for this number finds it
            self._metrics.written.inc(kept)

    def _lines(self, entry: Entry) -> bytes:
        try:
            return entry.lines(self._fingerprints)
        except OSError:
            raise
        except Exception:
            # a defect of ours must not end the thread, and with it the log
            log.exception("audit: a record cannot be made")
            self._drop(entry.records, "has a defect")
            return b""

    def _adopt(self) -> None:
        """Finishes the files of processes that died."""
        try:
            for path, descriptor in files.orphans(self._directory):
                finish(path, descriptor, files.without_torn_line(descriptor), self._settings)
        except Exception as error:  # noqa: BLE001  (the thread must not end)
            self._say(logging.WARNING, "files of a process that died stay as they are: %s", told(error))

    def _finish_old(self) -> None:
        now = time.monotonic()
        for pen in self._pens.values():
            if (due := pen.due) is not None and due <= now:
                self._finish(pen)

    def _finish(self, pen: Pen) -> None:
        try:
            pen.finish()
        except Exception as error:  # noqa: BLE001  (the thread must not end)
            self._say(logging.ERROR, "a file could not be finished: %s", told(error))

    def _drop(self, records: int, why: str) -> None:
        with self._changed:
            self._metrics.dropped.inc(records)
            self._dropped += records
        self._say(logging.ERROR, "%s", why)

    def _say(self, level: int, message: str, *args: object) -> None:
        """At most once a minute: a disk that is full would fill the log too."""
        now = time.monotonic()
        with self._changed:
            if now - self._said < _SAY_EVERY_S:
                return
            self._said = now
            dropped, self._dropped = self._dropped, 0
        log.log(level, f"audit: %s: {message}; %d records dropped", self._directory, *args, dropped)
