"""The files of ``logs.dir``: one a process, and of those that ended the newest.

``ingress-node-17-a1b2c3.log`` is named by service, node, process and chance, since process ids come again. Its process
holds a lock on it; what nobody holds is deleted when a process of the same service starts, but for the newest.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from medreward.observability.logs_withheld import Discreet

_FILE_BYTES = 16 * 2**20
_KEPT = 20  # files of a service, those of living processes included


class LogFile(Discreet, RotatingFileHandler):
    """To a file that only its user reads."""

    def __init__(self, directory: Path, service: str) -> None:
        """Makes the directory where it is not there, and deletes what is old in it.

        Raises:
            OSError: it cannot be written to.
        """
        directory.mkdir(parents=True, exist_ok=True)
        node = re.sub(r"[^A-Za-z0-9.]+", "_", socket.gethostname())[:60] or "node"
        name = f"{service}-{node}-{os.getpid()}-{os.urandom(3).hex()}.log"
        super().__init__(directory / name, maxBytes=_FILE_BYTES, backupCount=1)
        _delete_old(directory, service)

    def _open(self) -> Any:
        made = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with suppress(OSError):
            # where there are no locks, nobody can tell that a file is no longer written to, and all stay
            fcntl.flock(made, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fdopen(made, "a", encoding="utf-8", errors="backslashreplace")

    def shouldRollover(self, record: Any) -> bool:
        """Whether the file is full: after the fact, since the library would format each record twice to know before."""
        return self.stream is not None and os.fstat(self.stream.fileno()).st_size >= self.maxBytes


def _delete_old(directory: Path, service: str) -> None:
    found = []
    for path in directory.glob(f"{service}-*.log"):
        with suppress(OSError):
            found.append((path.stat().st_mtime, path))
    for _, path in sorted(found)[:-_KEPT]:
        # held by a living process, deleted by another, or no file: it is left
        with suppress(OSError):
            _delete(path)


def _delete(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        path.with_name(f"{path.name}.1").unlink(missing_ok=True)
    finally:
        os.close(descriptor)
