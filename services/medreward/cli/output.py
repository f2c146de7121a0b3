"""The file of results: a line each, in input order, which can be taken up where it ended.

What is in the file when a run ends is true: batches are appended as they are done, and a line that a crash tore is
cut at the next run. Before anything is added, each line is held against the input at its position and against the
recipe, and the whole against the sidecar, which remembers what the lines do not. One run writes it at a time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import msgspec

from medreward.cli.errors import CliError, Unusable
from medreward.cli.sidecar import RunMade, Sidecar
from medreward.cli.types import Fingerprint, RecipeInfo, SeenResult, decode_result
from medreward.contract.types import Rollout
from medreward.readers import Source

_BEGINNING = b'{"id":'  # of every result that we write


class ResultFile:
    """The file at ``path``, created if it is not there. Use it as a context manager."""

    def __init__(self, path: Path, source: Source, made: RunMade, judge: Fingerprint | None) -> None:
        """Opens it, and keeps other runs from it until it is closed.

        Raises:
            Unusable: it cannot be opened, is no regular file or gzipped by name, or is ``source``, the input.
            CliError: another run writes it.
        """
        self.path = path
        if path == Path("-"):
            raise Unusable("--out: - is no file; name one, since a run is taken up from it")
        if path.suffix == ".gz":
            raise Unusable(f"--out: {path} would not be gzipped; name it without .gz")
        self._sidecar = Sidecar(path, source.name, made, judge)
        try:
            if path.exists() and not path.is_file():
                raise Unusable(f"--out: {path} is no regular file")
            for ours in (path, self._sidecar.path):
                if ours.exists() and source.path.exists() and ours.samefile(source.path):
                    raise Unusable(f"--out: {ours} is the input")
            # unbuffered: what could not be written must not be tried again at close
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise Unusable(f"--out: {path} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise CliError(f"--out: {path} is being written by another run; wait for it or name another") from None
        except OSError:
            pass  # some network file systems have no locks; results on them are better than none

    def __enter__(self) -> Self:
        """Itself."""
        return self

    @property
    def judge(self) -> Fingerprint | None:
        """What is known of the judge of the results that are there."""
        return self._sidecar.judge

    @property
    def scorer(self) -> Fingerprint | None:
        """What is known of the scorer of the results that are there."""
        return self._sidecar.scorer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self._file.close()

    def take_up(
        self, rollouts: Iterator[Rollout], recipe: RecipeInfo, kept: Callable[[SeenResult], None]
    ) -> Iterator[Rollout]:
        """Hands the results that are there already to ``kept``; returns the rollouts that have none yet.

        To be called before the first :meth:`write`. A torn last line is cut, once everything has been found to fit.

        Raises:
            Unusable: naming the line that is no result, or is one of another input or recipe, or what differs from
                the run that made them.
        """
        size = os.fstat(self._file.fileno()).st_size
        self._sidecar.load(empty=not size)
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
                self._sidecar.count(self._compare(number, result, next(rollouts, None), recipe))
                end += len(line)
                kept(result)
        if size:
            self._sidecar.require()
        rest = self._sidecar.rest(rollouts)
        self._file.truncate(end)
        self._sidecar.save()
        return rest

    def _compare(self, number: int, result: SeenResult, rollout: Rollout | None, recipe: RecipeInfo) -> Rollout:
        if rollout is None:
            self._refuse(number, "is beyond the end of the input: the file belongs to another")
        if result.id != rollout.id:
            self._refuse(number, f"has the result of {result.id!r}, the input has {rollout.id!r} there: it is another")
        if result.weights != recipe.weights:
            made, wanted = _listed(result.weights), _listed(recipe.weights)
            self._refuse(number, f"was made with {made}; recipe {recipe.name} has {wanted}")
        return rollout

    def _refuse(self, number: int, why: str) -> NoReturn:
        raise Unusable(f"{self.path}:{number} {why}; nothing was changed, name another --out")

    def write(
        self,
        rollouts: Iterable[Rollout],
        lines: Iterable[bytes],
        judge: Fingerprint | None,
        scorer: Fingerprint | None = None,
    ) -> None:
        """Appends the results of ``rollouts``; they are in the file, for other processes too, when this returns.

        ``judge`` and ``scorer`` are all that is known of them with these results.

        Raises:
            CliError: the disk is full, or the file is gone.
        """
        for rollout in rollouts:
            self._sidecar.count(rollout)
        self._sidecar.judge, self._sidecar.scorer = judge, scorer
        self._sidecar.save()
        rest = memoryview(b"".join(line + b"\n" for line in lines))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise CliError(f"{self.path} cannot be written: {error.strerror}") from None


def _listed(weights: dict[str, float]) -> str:
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
