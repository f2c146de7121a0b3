"""A file of results that ``medreward score --out`` wrote, with what its sidecar says, beside its rollouts."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from medreward.cli.errors import Unusable
from medreward.cli.sidecar import sidecar_path
from medreward.cli.types import Fingerprint, SeenResult, decode_result
from medreward.contract import codec
from medreward.contract.codec import Limits
from medreward.contract.types import Rollout
from medreward.readers import READERS, RESPOND, Options, ReaderError, Skipped, Source


class Stored(NamedTuple):
    """A rollout and the result that it got."""

    rollout: Rollout
    result: SeenResult


class StoredRun(Protocol):
    """What was scored once."""

    @property
    def recipe(self) -> str | None:
        """By which it was scored; None: nothing says it."""

    @property
    def before(self) -> dict[str, Any]:
        """How it was scored, by the names that a sidecar has."""

    def pairs(self, limits: Limits) -> Iterator[Stored]:
        """The rollouts, which hold no more than ``limits``, with their results.

        Raises:
            Unusable, ReaderError: they cannot be read, or do not belong together.
        """


class FileRun:
    """A file of rollouts and the one of their results."""

    def __init__(self, rollouts: Path, results: Path) -> None:
        """Raises Unusable as :func:`read_sidecar`."""
        self._rollouts = rollouts
        self._results = results
        self._sidecar = read_sidecar(results)

    @property
    def recipe(self) -> str | None:
        """As the sidecar says."""
        return self._said("recipe")

    @property
    def before(self) -> dict[str, Any]:
        """As the sidecar says."""
        return {key: value for key, value in self._sidecar.items() if key not in ("answered", "input_sha256")}

    def pairs(self, limits: Limits) -> Iterator[Stored]:
        """See :meth:`StoredRun.pairs`."""
        respond = next((known for known in RESPOND if known == self._said("respond")), RESPOND[0])
        options = Options(respond, limits)
        check_rollouts(self._read(options), self._sidecar, str(self._rollouts), self._results)
        return stored(self._read(options), self._results)

    def _read(self, options: Options) -> Iterator[Rollout]:
        """The rollouts, as they were read when they were scored."""
        reader = self._said("reader") or "rollouts"
        if reader not in READERS:
            raise Unusable(f"{self._results} was made with a reader {reader!r} that is not here")
        return only_rollouts(READERS[reader].read(Source(self._rollouts), options))

    def _said(self, name: str) -> str | None:
        value = self._sidecar.get(name)
        return value if isinstance(value, str) else None


def read_sidecar(results: Path) -> dict[str, Any]:
    """What the sidecar of ``results`` says; nothing when there is none.

    Raises:
        Unusable: it is there and cannot be read.
    """
    path = sidecar_path(results)
    try:
        said = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        for service in ("judge", "scorer"):
            msgspec.convert(said.get(service), Fingerprint | None)
        return said
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} does not say how results were made: {error}") from None


def check_rollouts(rollouts: Iterator[Rollout], sidecar: dict[str, Any], rollouts_name: str, results: Path) -> None:
    """Compares the digest of the rollouts that were answered, where the sidecar has it.

    Raises:
        Unusable: they are others now.
    """
    answered, digest = sidecar.get("answered"), sidecar.get("input_sha256")
    if not isinstance(answered, int) or not isinstance(digest, str):
        return
    now = hashlib.sha256()
    for rollout in itertools.islice(rollouts, answered):
        now.update(codec.encode(rollout) + b"\n")
    if now.hexdigest() != digest:
        raise Unusable(f"{rollouts_name} is not what {results} was made from: its first {answered} rollouts differ")


def only_rollouts(rows: Iterator[Rollout | Skipped]) -> Iterator[Rollout]:
    """Those that could be scored, and have a result."""
    return (row for row in rows if not isinstance(row, Skipped))


def stored(rollouts: Iterator[Rollout], results: Path) -> Iterator[Stored]:
    """Each result with its rollout, in their order; rollouts beyond the last result are left.

    Raises:
        ReaderError: the file of results cannot be read, or a line is no result, has another rollout's id, or is
            beyond the last rollout.
    """
    source = Source(results)
    for number, line in source.lines():
        try:
            result = decode_result(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            source.fail(number, f"is no result: {error}")
        rollout = next(rollouts, None)
        if rollout is None:
            raise ReaderError(f"{source.place(number)}: is beyond the last of the rollouts: it belongs to others")
        if rollout.id != result.id:
            source.fail(number, f"has the result of {result.id!r}, the rollouts have {rollout.id!r} there")
        yield Stored(rollout, result)
