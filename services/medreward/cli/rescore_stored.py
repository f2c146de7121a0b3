"""A file of results that ``medreward score --out`` wrote, with what its sidecar says, beside its rollouts."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from medreward.cli.errors import Unusable
from medreward.cli.sidecar import sidecar_path
from medreward.cli.types import Fingerprint, SeenResult, decode_result
from medreward.contract import codec
from medreward.contract.types import Rollout
from medreward.readers import ReaderError, Skipped, Source


class Stored(NamedTuple):
    """A rollout and the result that it got."""

    rollout: Rollout
    result: SeenResult


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
