"""Audit files -> rows, whatever their format; those that are still being written too, as far as they go."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import msgspec

from medreward.observability.audit.files import FINISHED, OPEN, found
from medreward.observability.audit.rows import ReplyRow, RolloutRow, VerdictRow

log = logging.getLogger(__name__)

_ROWS_AT_A_TIME = 1024

Row = TypeVar("Row", RolloutRow, VerdictRow, ReplyRow)


class AuditError(ValueError):
    """A directory holds no audit log, or a file of it cannot be read; the message names it."""


class AuditFiles(Generic[Row]):
    """The files of one kind in an audit directory."""

    def __init__(self, directory: Path, row: type[Row]) -> None:
        """Nothing is read yet."""
        self.directory = directory
        self._row: type[Row] = row
        self._decoder: msgspec.json.Decoder[Row] = msgspec.json.Decoder(row)
        self._kind = {RolloutRow: "rollouts-", VerdictRow: "verdicts-", ReplyRow: "replies-"}[row]
        self.torn = 0
        """lines that were not written to their end, in the last reading"""

    def paths(self) -> list[Path]:
        """The files, the oldest first.

        Raises:
            AuditError: the directory cannot be listed.
        """
        try:
            paths = [path for path in found(self.directory, (OPEN, *FINISHED)) if path.name.startswith(self._kind)]
        except OSError as error:
            raise AuditError(f"{self.directory}: cannot be listed: {error.strerror or error}") from None
        # a process that died while it made a table left the lines too
        tables = {path.name.removesuffix(".parquet") for path in paths if path.name.endswith(".parquet")}
        return [path for path in paths if path.name.endswith(".parquet") or path.name.split(".jsonl")[0] not in tables]

    def rows(self) -> Iterator[Row]:
        """All rows, in the order of the files. What a process that died tore off is left out, with a warning.

        Raises:
            AuditError: a file cannot be read, or a line is no such row.
        """
        self.torn = 0
        for path in self.paths():
            try:
                yield from self._rows(path)
            except FileNotFoundError:
                log.warning("%s was deleted meanwhile: its rows are left out", path)
            except OSError as error:
                raise AuditError(f"{path}: cannot be read: {error.strerror or error}") from None
        if self.torn:
            log.warning("%s: %d lines that were not written to their end are left out", self.directory, self.torn)

    def _rows(self, path: Path) -> Iterator[Row]:
        if path.name.endswith(OPEN) and not path.exists():
            # finished since the directory was listed
            stem = path.name.removesuffix(OPEN)
            path = next((done for end in FINISHED if (done := path.with_name(stem + end)).exists()), path)
        return self._table(path) if path.name.endswith(".parquet") else self._lines(path)

    def _lines(self, path: Path) -> Iterator[Row]:
        with path.open("rb") as file:
            for number, line in enumerate(_whole(file), 1):
                if line is None:
                    self.torn += 1
                    continue
                try:
                    yield self._decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise AuditError(f"{path}:{number}: is no row of an audit log: {error}") from None

    def _table(self, path: Path) -> Iterator[Row]:
        try:
            import pyarrow
            import pyarrow.parquet
        except ModuleNotFoundError:
            raise AuditError(f"{path}: reading Parquet needs pyarrow, which is not installed") from None
        try:
            with pyarrow.parquet.ParquetFile(path) as table:
                for batch in table.iter_batches(batch_size=_ROWS_AT_A_TIME):
                    yield from msgspec.convert(batch.to_pylist(), type=list[self._row])  # type: ignore[name-defined]
        except (pyarrow.ArrowException, msgspec.ValidationError) as error:
            raise AuditError(f"{path}: is no table of an audit log: {error}") from None


def _whole(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for a last one without its end."""
    for line in file:
        yield line if line.endswith(b"\n") else None
