"""Files of JSON lines or of one JSON array, gzipped or not: which a data set has, and what is in them, row by row.

A row that is broken is yielded as such, with its file and line (or its place in the array), and the rest is still read.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec

from .types import DataError, Left, Split

_GZIP = b"\x1f\x8b"
_ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
_SPLIT = re.compile(r"(?:^|[-_./])(train|val|test)(?:ing|id|idate|idation|set)?(?=[-_./]|$)", re.IGNORECASE)
BROKEN = "the row is not of the known form"

Row = TypeVar("Row")


def first_file(folder: Path, names: Sequence[str]) -> Path | None:
    """The first of ``names`` that is a file of the folder, also with ``.gz`` behind it."""
    return next(
        (path for name in names for path in (folder / name, folder / f"{name}.gz") if os.path.isfile(path)), None
    )


def files_of(data: Path) -> Iterator[tuple[Path, Split | None]]:
    """The JSON files below ``data``, by name, each with the split that its name or folder gives; or ``data`` itself.

    Raises:
        DataError: there is none.
    """
    paths = [data] if data.is_file() else sorted(p for p in data.rglob("*") if p.name.lower().endswith(_ENDINGS))
    if not paths:
        raise DataError(f"{data}: holds no file that ends in .json or .jsonl")
    for path in paths:
        found = _SPLIT.findall(path.name if path == data else path.relative_to(data).as_posix())
        # the last: the file's own name says more than the folder's
        yield path, _split(found[-1].lower()) if found else None


def _split(name: str) -> Split:
    return "train" if name == "train" else "val" if name == "val" else "test"


def read_rows(path: Path, row: type[Row]) -> Iterator[tuple[str, Row | Left]]:
    """The file's rows, each with its place (``name:line``, or ``name[index]`` in an array).

    Fields that ``row`` does not name are ignored. JSON lines are read on demand, an array as a whole.

    Raises:
        DataError: the file cannot be read, its gzip stream is broken, or it is an array that is not JSON.
    """
    decoder = msgspec.json.Decoder(row)
    # a file's name need not be UTF-8, but what is told of it must
    name = os.fsencode(path.name).decode(errors="replace")
    with _open(path) as file:
        nothing = True
        for number, line in enumerate(file, 1):
            if line.isspace():
                continue
            if nothing and line.lstrip().startswith(b"["):
                yield from _array(path, name, decoder, line + file.read())
                return
            nothing = False
            place = f"{name}:{number}"
            found = _decoded(decoder, line, place)
            yield place, found


def read_whole(path: Path, kind: type[Row]) -> Row:
    """The file as one JSON value.

    Raises:
        DataError: it cannot be read, or is not such a value.
    """
    with _open(path) as file:
        text = file.read()
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path}: {error}") from None


def _array(path: Path, name: str, decoder: msgspec.json.Decoder[Row], text: bytes) -> Iterator[tuple[str, Row | Left]]:
    try:
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path}: is no JSON array: {error}") from None
    for number, raw in enumerate(raws):
        place = f"{name}[{number}]"
        found = _decoded(decoder, bytes(raw), place)
        yield place, found


def _decoded(decoder: msgspec.json.Decoder[Row], text: bytes, place: str) -> Row | Left:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Left(place, BROKEN, broken=True, detail=str(error))


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            # by its first bytes: names lie
            zipped = file.peek(2)[:2] == _GZIP
            opened = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if zipped else file
            # editors on Windows put a mark before the first character; both kinds of file can peek
            if cast(io.BufferedReader, opened).peek(3)[:3] == codecs.BOM_UTF8:
                opened.read(3)
            yield opened
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: its gzip stream is broken: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
