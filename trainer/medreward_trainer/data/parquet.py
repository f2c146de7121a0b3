"""Columns and types of verl's file, written and read in bounded pieces. The only ``import pyarrow``.

The columns are those that verl 0.9.1's ``RLHFDataset`` and its agent loops look for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq

from .types import DataError

GROUP_ROWS: Final = 256
GROUP_BYTES: Final = 32 * 2**20
"""of images: a row group ends at whichever comes first, and no more than one is in memory"""

SCHEMA: Final = pa.schema(
    [
        ("data_source", pa.string()),
        ("agent_name", pa.string()),
        ("prompt", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("images", pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))),
        ("ability", pa.string()),
        ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
        (
            "extra_info",
            pa.struct(
                [
                    ("split", pa.string()),
                    ("index", pa.int64()),
                    ("id", pa.string()),
                    ("image", pa.string()),
                    ("question_type", pa.string()),
                    ("recipe", pa.string()),
                ]
            ),
        ),
    ]
)
COLUMNS: Final[tuple[str, ...]] = tuple(SCHEMA.names)


class ExtraInfo(TypedDict):
    """What the trainer is told of a row besides."""

    split: str
    index: int
    """from 0 in each file"""
    id: str
    image: str
    """the data's names of the images, with ``;`` between them"""
    question_type: str
    recipe: str


class Row(TypedDict):
    """One row of the file."""

    data_source: str
    agent_name: str
    prompt: list[dict[str, str]]
    images: list[dict[str, bytes | None]]
    ability: str
    reward_model: dict[str, str]
    extra_info: ExtraInfo


class Writer:
    """Writes rows to ``path``; the file is whole once the context is left without an error."""

    def __init__(self, path: Path) -> None:
        """Opens ``path``.

        Raises:
            OSError: it cannot be written; so may every method.
        """
        # pictures are compressed already; the rest is text
        self._file = pq.ParquetWriter(path, SCHEMA, compression="zstd", use_dictionary=["data_source"])
        self._rows: list[Row] = []
        self._bytes = 0
        self.rows = 0

    def write(self, row: Row) -> None:
        """Adds a row."""
        self._rows.append(row)
        self._bytes += sum(len(image["bytes"] or b"") for image in row["images"])
        self.rows += 1
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows, self._bytes = [], 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes what is left, and closes."""
        if kind is None:
            self._flush()
            self._file.close()
            return
        with contextlib.suppress(OSError):
            # the error under way says more than one of closing
            self._file.close()


def columns_of(path: Path) -> list[str]:
    """The names of a file's columns.

    Raises:
        DataError: it cannot be read, or is no parquet.
    """
    with _opened(path) as file:
        names: list[str] = file.schema_arrow.names
        return names


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, those of ``COLUMNS`` that it has, a few at a time.

    Raises:
        DataError: it cannot be read, is no parquet, or breaks off.
    """
    with _opened(path) as file:
        known = [name for name in file.schema_arrow.names if name in COLUMNS]
        for batch in file.iter_batches(batch_size=64, columns=known):
            yield from batch.to_pylist()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        # the last two: text that is not UTF-8, times that Python has no value for
        raise DataError(f"{path}: cannot be read as parquet: {' '.join(str(error).split())}") from None
