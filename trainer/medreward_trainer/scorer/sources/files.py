"""Files of the data folder, gzipped or not: every failure names the file, and the line where there is one."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

_GZIP = b"\x1f\x8b"

Row = TypeVar("Row")


class DataError(Exception):
    """A file of the data folder is missing, broken, or not of the form that its reader knows."""


def read_bytes(path: Path) -> bytes:
    """The file's content, unzipped if it is gzipped, whatever its name.

    Raises:
        DataError: the file cannot be read, or its gzip stream is broken.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(_GZIP) else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: its gzip stream is broken: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_rows(path: Path, row: type[Row]) -> Iterator[Row]:
    """The rows of a file of JSON lines; fields that ``row`` does not name are ignored.

    Raises:
        DataError: the file cannot be read, or a line is not such a row.
    """
    decoder = msgspec.json.Decoder(row)
    # not str.splitlines: it also breaks at characters that may stand inside a JSON string
    for number, line in enumerate(read_bytes(path).split(b"\n"), 1):
        if line.strip():
            yield _decode(decoder, line, f"{path}:{number}")


def read_whole(path: Path, kind: type[Row]) -> Row:
    """The file as one JSON value.

    Raises:
        DataError: the file cannot be read, or is not such a value.
    """
    return _decode(msgspec.json.Decoder(kind), read_bytes(path), str(path))


def _decode(decoder: msgspec.json.Decoder[Row], text: bytes, place: str) -> Row:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{place}: {error}") from None
