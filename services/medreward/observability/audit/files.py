"""The files of an audit directory: their names, who writes them, and which are deleted.

``rollouts-20260131T120000Z-node-17-a1b2c3-00001.jsonl.open`` is being written: JSON lines that anyone may read up to
the last line break. Finished, it is renamed to ``.jsonl``, or becomes ``.parquet``. Whoever writes a file holds a lock
on it, so that a process which starts can tell the files of one that died, and finishes them.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import logging
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from medreward.observability.audit.rows import KINDS, Kind

log = logging.getLogger(__name__)

OPEN = ".jsonl.open"
FINISHED = (".jsonl", ".parquet")
_CHUNK = 1 << 16
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
"""what ``flock`` says on a file system that has none"""


class FileNames:
    """Names that no other process gives, on whatever node: by time, node, process, chance and number."""

    def __init__(self) -> None:
        node = re.sub(r"[^A-Za-z0-9.]+", "_", socket.gethostname())[:60] or "node"
        self._process = f"{node}-{os.getpid()}-{os.urandom(3).hex()}"
        self._numbers = itertools.count(1)

    def next(self, kind: Kind) -> str:
        """A new one, without its ending; they sort by time."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return f"{kind}-{now}-{self._process}-{next(self._numbers):05d}"


def create(path: Path) -> int:
    """A new file, locked: its descriptor.

    Raises:
        FileExistsError, BlockingIOError: somebody else has it; another name helps.
        OSError: it cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # without locks everything works, but that nobody finishes the files of a process that died
        if error.errno not in _NO_LOCKS:
            os.close(descriptor)
            raise
    if not os.fstat(descriptor).st_nlink:
        # before the lock, a process that starts took the empty file for one of the dead
        os.close(descriptor)
        raise FileExistsError(errno.EEXIST, "taken for a file of a process that died", str(path))
    return descriptor


def orphans(directory: Path) -> Iterator[tuple[Path, int]]:
    """Open files whose process is gone, each with its descriptor, now locked by this process.

    Raises:
        OSError: the directory cannot be listed.
    """
    for path in found(directory, (OPEN,)):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            # finished meanwhile
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # another may have finished it between the opening and the lock
            if os.stat(path).st_ino != os.fstat(descriptor).st_ino:
                raise FileNotFoundError(path)
        except OSError:
            os.close(descriptor)
            continue
        yield path, descriptor


def without_torn_line(descriptor: int) -> int:
    """Cuts what follows the last line break, which a process that died did not finish; returns the size.

    Raises:
        OSError: it cannot be read or cut.
    """
    size = os.fstat(descriptor).st_size
    end = size
    while end:
        start = max(0, end - _CHUNK)
        at = os.pread(descriptor, end - start, start).rfind(b"\n")
        if at >= 0:
            end = start + at + 1
            break
        end = start
    if end != size:
        os.ftruncate(descriptor, end)
        log.warning("audit: a line that was not written to its end is cut off")
    return end


def found(directory: Path, endings: tuple[str, ...]) -> list[Path]:
    """The files of all kinds with these endings, the oldest first.

    Raises:
        OSError: the directory cannot be listed.
    """
    prefixes = tuple(f"{kind}-" for kind in KINDS)
    names = [name for name in os.listdir(directory) if name.startswith(prefixes) and name.endswith(endings)]
    # by time, whatever their kind
    return [directory / name for name in sorted(names, key=lambda name: name.partition("-")[2])]


def sync_directory(directory: Path) -> None:
    """Makes renames last. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete_oldest(directory: Path, keep_mib: float) -> int:
    """Deletes finished files, the oldest first, until the others take no more; returns how many. The newest stays.

    Raises:
        OSError: the directory cannot be listed, or a file not deleted.
    """
    sizes = []
    for path in found(directory, FINISHED):
        try:
            sizes.append((path, path.stat().st_size))
        except FileNotFoundError:
            # another process deletes too
            continue
    over = sum(size for _, size in sizes) - keep_mib * 2**20
    deleted = 0
    for path, size in sizes[:-1]:
        if over <= 0:
            break
        path.unlink(missing_ok=True)
        over -= size
        deleted += 1
    return deleted
