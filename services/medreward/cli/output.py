"""The file of results: a line each, in input order, which can be taken up where it ended.

What is in the file when a run ends is true: batches are appended as they are done, and a line that a crash tore is
cut at the next run. Its lines are the only memory: each is held against the input at its position and against the
recipe before anything is added.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import msgspec

from medreward.cli.errors import CliError, Unusable
from medreward.cli.types import RecipeInfo, SeenResult, decode_result
from medreward.contract.types import Rollout

_BEGINNING = b'{"id":'  # of every result that we write


class ResultFile:
    """The file at ``path``, created if it is not there. Use it as a context manager."""

    def __init__(self, path: Path, source: Path) -> None:
        """Opens it.

        Raises:
            Unusable: it cannot be opened, is no regular file or gzipped by name, or is ``source``, the input.
        """
        self.path = path
        if path.suffix == ".gz":
            raise Unusable(f"--out: {path} would not be gzipped; name it without .gz")
        try:
            if path.exists() and not path.is_file():
                raise Unusable(f"--out: {path} is no regular file")
            if path.exists() and source.exists() and path.samefile(source):
                raise Unusable(f"--out: {path} is the input")
            # unbuffered: what could not be written must not be tried again at close
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise Unusable(f"--out: {path} cannot be written: {error.strerror}") from None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self._file.close()

    def take_up(self, rollouts: Iterator[Rollout], recipe: RecipeInfo) -> Iterator[SeenResult]:
        """The results that are there already, each with its rollout taken from ``rollouts``; a torn last line is cut.

        To be exhausted before the first :meth:`write`. Nothing is cut before every line has been found to fit.

        Raises:
            Unusable: naming the line that is no result, or is one of another input or recipe.
        """
        end = 0
        with os.fdopen(os.dup(self._file.fileno()), "rb") as there:
            there.seek(0)
            for number, line in enumerate(there, 1):
                if not line.endswith(b"\n"):
                    if line[: len(_BEGINNING)] != _BEGINNING[: len(line)]:
                        self._refuse(number, "is no result; this file is not one of ours")
                    break
                try:
                    result = decode_result(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    self._refuse(number, f"is no result: {error}")
                self._compare(number, result, next(rollouts, None), recipe)
                end += len(line)
                yield result
        self._file.truncate(end)

    def _compare(self, number: int, result: SeenResult, rollout: Rollout | None, recipe: RecipeInfo) -> None:
        if rollout is None:
            self._refuse(number, "is beyond the end of the input: the file belongs to another")
        if result.id != rollout.id:
            self._refuse(number, f"has the result of {result.id!r}, the input has {rollout.id!r} there: it is another")
        if result.weights != recipe.weights:
            made, wanted = _listed(result.weights), _listed(recipe.weights)
            self._refuse(number, f"was made with {made}; recipe {recipe.name} has {wanted}")

    def _refuse(self, number: int, why: str) -> NoReturn:
        raise Unusable(f"{self.path}:{number} {why}; nothing was changed, name another --out")

    def write(self, lines: Iterable[bytes]) -> None:
        """Appends a batch; it is in the file, for other processes too, when this returns.

        Raises:
            CliError: the disk is full, or the file is gone.
        """
        rest = memoryview(b"".join(line + b"\n" for line in lines))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise CliError(f"{self.path} cannot be written: {error.strerror}") from None


def _listed(weights: dict[str, float]) -> str:
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
