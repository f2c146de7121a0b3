"""An input file: opened, unzipped if need be, its lines numbered, and every failure named by file and line."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar, cast

import msgspec

from medreward.readers.types import ReaderError, Skipped

STDIN = Path("-")
_GZIP = b"\x1f\x8b"
_ENDINGS = (".gz", ".jsonl", ".json")

Row = TypeVar("Row")


class Source:
    """The file at ``path``; ``-`` is the standard input. It may be gzipped, whatever its name.

    Everything it yields is read on demand. All methods raise :class:`ReaderError` when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self.path = path
        self.name = "stdin" if path == STDIN else str(path)

    @property
    def stem(self) -> str:
        """The file's name without its endings, for ids."""
        stem = Path(self.name).name
        for ending in _ENDINGS:
            stem = stem.removesuffix(ending)
        return stem

    def check(self) -> None:
        """Raises when the file cannot be opened, before anything depends on it."""
        if self.path != STDIN:
            with self._open():
                pass

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, with their numbers from 1."""
        with self._open() as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield number, line

    def rows(self, row: type[Row]) -> Iterator[tuple[int, Row]]:
        """The lines, decoded; a field that is missing or of a wrong type raises, one unknown to ``row`` is ignored."""
        decoder = msgspec.json.Decoder(row)
        for number, line in self.lines():
            yield number, self._decode(decoder, line, f":{number}")

    def whole(self, kind: type[Row]) -> Row:
        """The file as one JSON value."""
        with self._open() as file:
            text = file.read()
        return self._decode(msgspec.json.Decoder(kind), text, "")

    def place(self, line: int | str) -> str:
        """``file:line``, as it stands in messages."""
        return f"{self.name}:{line}"

    def fail(self, line: int | str, message: str) -> NoReturn:
        """Raises a :class:`ReaderError` that names the line."""
        raise ReaderError(f"{self.place(line)}: {message}")

    def skip(self, line: int | str, reason: str) -> Skipped:
        """A row that no rollout can express."""
        return Skipped(self.place(line), reason)

    def _decode(self, decoder: msgspec.json.Decoder[Row], text: bytes, where: str) -> Row:
        try:
            return decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ReaderError(f"{self.name}{where}: {error}") from None

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        try:
            with _stdin() if self.path == STDIN else self.path.open("rb") as file:
                # by its first bytes, not its name: a stream has none
                zipped = file.peek(2)[:2] == _GZIP
                opened = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if zipped else file
                # editors on Windows put a mark before the first character; both kinds of file can peek
                if cast(io.BufferedReader, opened).peek(3)[:3] == codecs.BOM_UTF8:
                    opened.read(3)
                yield opened
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ReaderError(f"{self.name}: its gzip stream is broken: {error}") from None
        except OSError as error:
            raise ReaderError(f"{self.name}: cannot be read: {error.strerror or error}") from None


@contextmanager
def _stdin() -> Iterator[io.BufferedReader[io.RawIOBase]]:
    # over the raw stream: a buffer over a buffer would wait until it is full before it yields a line
    buffer = sys.stdin.buffer
    file = io.BufferedReader(cast(io.RawIOBase, getattr(buffer, "raw", buffer)))
    try:
        yield file
    finally:
        file.detach()
