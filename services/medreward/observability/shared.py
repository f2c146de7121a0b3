"""How the processes of a node count together: files of a directory, summed by whoever is asked.

Each process writes files of its own, under the number of a slot that it holds a lock on. When a process ends, however
it ends, the kernel lets go of the lock; the next to start takes over the slot and counts on from where the last one
stopped. So counters never fall while the directory lives, there are no more files than there were processes at a time,
and whoever reads can tell a gauge of a process that is gone: its slot is not locked. (Process ids would not do: they
come again, and are not the same in each container of a pod.)
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from prometheus_client import values

MULTIPROC_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""environment variable that names the directory; Ray sets it in the processes of a deployment that counts"""

_ROOM = {"counter": 256, "histogram": 2048, "gauge_livesum": 64, "gauge_livemax": 64, "gauge_livemostrecent": 64}
"""KiB that are set aside for what a process counts. The kernel kills a process that writes where a full disk has no
room, and none is to die of its metrics."""

_LOOK_S = 0.001
"""far longer than :func:`is_alive` holds a lock of its own, which is not to be taken for that of a process"""

_joined: dict[Path, _Slot] = {}


class _Slot:
    """The slot of this process; a child of a fork, which must not write in its parent's files, gets one of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pid = os.getpid()
        self._number, self._lock = _take(directory)

    def let_go(self) -> None:
        """In a child: of the parent's lock, which would outlive the parent with it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __call__(self) -> str:
        """Its number; asked at every count."""
        if os.getpid() != self._pid:
            self._pid = os.getpid()
            self._number, self._lock = _take(self._directory)
        return self._number


def make_shared_directory() -> None:
    """Joins the directory of ``PROMETHEUS_MULTIPROC_DIR``, where that is set; call it before making metrics.

    Raises:
        OSError: as :func:`join`.
    """
    if directory := os.environ.get(MULTIPROC_DIR):
        join(Path(directory))


def join(directory: Path) -> None:
    """What this process counts from now on goes to a slot of ``directory``, which is made if need be.

    Raises:
        OSError: it cannot be made or written to, or its disk is full.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if directory not in _joined:
        _joined[directory] = slot = _Slot(directory)
        values.ValueClass = values.MultiProcessValue(slot)  # type: ignore[no-untyped-call]


def is_alive(directory: Path, slot: str) -> bool:
    """Whether a process counts under this slot now."""
    try:
        descriptor = os.open(_lock(directory, slot), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _take(directory: Path) -> tuple[str, int]:
    """Locks the first slot that no process has: its number, and the open file that the lock hangs on."""
    for number in count():
        slot = str(number)
        descriptor = os.open(_lock(directory, slot), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR)
        try:
            if not _locked(descriptor):
                os.close(descriptor)
                continue
            for stale in directory.glob(f"gauge_live*_{slot}.db"):
                with suppress(FileNotFoundError):
                    stale.unlink()
            for prefix, kib in _ROOM.items():
                with (directory / f"{prefix}_{slot}.db").open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, kib * 1024)
        except OSError:
            # the slot is free for whoever finds room
            os.close(descriptor)
            raise
        return slot, descriptor
    raise AssertionError("unreachable: numbers do not end")


def _locked(descriptor: int) -> bool:
    for wait_s in (_LOOK_S, 0.0):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait_s)
        else:
            return True
    return False


def _let_go() -> None:
    for slot in _joined.values():
        slot.let_go()


os.register_at_fork(after_in_child=_let_go)


def _lock(directory: Path, slot: str) -> Path:
    return directory / f"slot-{slot}.lock"
