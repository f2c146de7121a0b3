"""The lines that the processes of a cluster write to ``logs.dir``, shown as they come."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_EVERY_S = 0.2
_END_S = 5.0
_CHUNK = 1 << 20


class Follower:
    """Copies whole lines of ``*.log`` in a directory to ``out``, in a thread of its own. A context manager."""

    def __init__(self, directory: Path, out: BinaryIO) -> None:
        """The directory need not be there yet."""
        self._directory = directory
        self._out = out
        self._open: dict[Path, _Followed] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)

    def __enter__(self) -> Self:
        # what earlier processes wrote was shown in its time
        for path in self._directory.glob("*.log"):
            with suppress(OSError):
                self._open[path] = _Followed(path, os.SEEK_END)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # a terminal that takes nothing more must not keep the command from ending
        self._over.set()
        self._thread.join(_END_S)

    def _run(self) -> None:
        try:
            while not self._over.wait(_EVERY_S):
                self._copy()
            self._copy()
        except OSError:
            # whoever read the lines is gone; the files still have them
            return
        finally:
            for followed in self._open.values():
                followed.close()

    def _copy(self) -> None:
        for path in sorted(self._directory.glob("*.log")):
            if path not in self._open:
                try:
                    self._open[path] = _Followed(path)
                except OSError:
                    continue  # it is being rotated, or is no file for us; the next time tells
            self._open[path].copy_to(self._out)
        self._out.flush()


class _Followed:
    """A file, over its rotations."""

    def __init__(self, path: Path, whence: int = os.SEEK_SET) -> None:
        """From its beginning, or from its end."""
        self._path = path
        self._file = _opened(path)
        self._file.seek(0, whence)
        self._part = b""

    def copy_to(self, out: BinaryIO) -> None:
        """The whole lines that were added."""
        replaced = self._replaced()
        # in this order: what was written before the rotation is still in the old file
        self._read(out)
        if replaced:
            try:
                file = _opened(self._path)
            except OSError:
                return  # the next time tells
            self._file.close()
            self._file = file
            self._read(out)

    def close(self) -> None:
        """Lets go of it."""
        self._file.close()

    def _replaced(self) -> bool:
        try:
            return os.stat(self._path).st_ino != os.fstat(self._file.fileno()).st_ino
        except OSError:
            return False  # in the middle of a rotation, say

    def _read(self, out: BinaryIO) -> None:
        while chunk := self._chunk():
            whole, _, self._part = (self._part + chunk).rpartition(b"\n")
            if whole:
                out.write(whole + b"\n")

    def _chunk(self) -> bytes:
        try:
            return self._file.read(_CHUNK)
        except OSError:
            return b""  # of its disk; those of ``out`` end the thread


def _opened(path: Path) -> BinaryIO:
    # without waiting for whoever would write to a pipe
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))
