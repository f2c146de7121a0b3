"""The file of rollouts, as the command line takes it: editors on Windows put a mark before the first character."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from medreward.readers import Source


class Input(Source):
    """A source that may begin with UTF-8's byte order mark."""

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        with super()._open() as file:
            # both a plain file and an unzipped one can peek
            if cast(io.BufferedReader, file).peek(3)[:3] == codecs.BOM_UTF8:
                file.read(3)
            yield file
