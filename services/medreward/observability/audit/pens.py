"""The open file of each kind that a process writes: rows are appended, and the file is finished when it is full or old.

What cannot be written is cut off again, so that a file ends with a whole line.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from medreward.observability.audit import files
from medreward.observability.audit.rows import Kind
from medreward.observability.audit.settings import AuditSettings

log = logging.getLogger(__name__)


class Pen:
    """Writes the files of one kind, one after the other. For one thread."""

    def __init__(self, kind: Kind, directory: Path, settings: AuditSettings, names: files.FileNames) -> None:
        """Nothing is opened yet."""
        self._kind: Kind = kind
        self._directory = directory
        self._settings = settings
        self._names = names
        self._path: Path | None = None
        self._descriptor = -1
        self._size = 0
        self._opened = 0.0

    @property
    def due(self) -> float | None:
        """When the file is to be finished for its age, in seconds of ``time.monotonic``; None: there is none."""
        return None if self._path is None else self._opened + self._settings.rotate_s

    def append(self, lines: bytes) -> None:
        """Adds whole lines. After it they are in the file, or nothing of them is.

        Raises:
            OSError: they could not be written; the next call tries a new file.
        """
        if self._size and self._size + len(lines) > self._settings.rotate_mib * 2**20:
            try:
                self.finish()
            except OSError as error:
                # what comes now goes to a new file, whatever became of this one
                log.warning("audit: a file could not be finished: %s", error)
        if self._path is None:
            self._open()
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            self._take_back()
            raise
        self._size += len(lines)

    def finish(self) -> None:
        """Closes the file and gives it its final name; one that is empty is deleted.

        Raises:
            OSError: it is whole, but may not last, or keeps the name of an open one.
        """
        if self._path is None:
            return
        path, descriptor, size = self._path, self._descriptor, self._size
        self._path, self._descriptor, self._size = None, -1, 0
        finish(path, descriptor, size, self._settings)

    def _open(self) -> None:
        try:
            path, descriptor = self._create()
        except (FileExistsError, BlockingIOError):
            path, descriptor = self._create()
        self._path, self._descriptor = path, descriptor
        self._size, self._opened = 0, time.monotonic()

    def _create(self) -> tuple[Path, int]:
        path = self._directory / f"{self._names.next(self._kind)}{files.OPEN}"
        return path, files.create(path)

    def _take_back(self) -> None:
        name = self._path.name if self._path else ""
        try:
            os.ftruncate(self._descriptor, self._size)
            self.finish()
        except OSError as error:
            # readers pass over a line that does not end
            log.warning("audit: %s stays as it is: %s", name, error)
            if self._path is not None:
                os.close(self._descriptor)
                self._path, self._descriptor, self._size = None, -1, 0


def finish(path: Path, descriptor: int, size: int, settings: AuditSettings) -> None:
    """Makes an open file a finished one, and deletes the oldest where there are too many.

    Args:
        path: of the open file.
        descriptor: of it, locked; it is closed.
        size: bytes in it.
        settings: the format, and how much is kept.

    Raises:
        OSError: as :meth:`Pen.finish`.
    """
    try:
        if size == 0:
            path.unlink(missing_ok=True)
            return
        os.fsync(descriptor)
        done = path.with_name(path.name.removesuffix(files.OPEN) + ".jsonl")
        if not (settings.format == "parquet" and _to_parquet(path)):
            os.rename(path, done)
        files.sync_directory(path.parent)
    finally:
        os.close(descriptor)
    if settings.keep_mib is not None:
        files.delete_oldest(path.parent, settings.keep_mib)


def told(error: Exception) -> str:
    """What the log says of it: that of the system names files alone, others may quote a row."""
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__


def _to_parquet(path: Path) -> bool:
    from medreward.observability.audit.parquet import convert

    try:
        convert(path, path.with_name(path.name.removesuffix(files.OPEN) + ".parquet"))
    except Exception as error:  # noqa: BLE001  (nothing is lost, whatever it is: the lines are there)
        log.warning("audit: %s stays JSON lines: %s", path.name, told(error))
        return False
    path.unlink(missing_ok=True)
    return True
