"""What numbers depend on, once a directory: ``fingerprints-<hash>.json``, named by its content.

However many processes write the same, there is one file of it, and rows carry sixteen characters.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from medreward import __version__

PREFIX = "fingerprints-"


class AuditFingerprint(msgspec.Struct, frozen=True):
    """What scored: the service, its judge and its scorer; the recipe stands in the row."""

    version: str = __version__
    judge: dict[str, str] = {}
    scorer: dict[str, str] = {}

    @property
    def hash(self) -> str:
        """Sixteen hexadecimal digits."""
        return hashlib.blake2b(_plain(self), digest_size=8).hexdigest()


class Fingerprints:
    """Those of a directory, as one process writes them. For one thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[AuditFingerprint | tuple[object, ...], str] = {}

    def keep(self, judge: Mapping[str, str], scorer: Mapping[str, str], version: str = __version__) -> str:
        """Writes it where it is not there yet; returns its hash.

        Raises:
            OSError: it cannot be written.
        """
        known = (version, *judge.items(), None, *scorer.items())
        if (found := self._known.get(known)) is not None:
            return found
        fingerprint = AuditFingerprint(version, dict(judge), dict(scorer))
        path = self._directory / f"{PREFIX}{fingerprint.hash}.json"
        if not path.exists():
            _write(path, msgspec.json.format(_plain(fingerprint)) + b"\n")
        self._known[known] = fingerprint.hash
        return fingerprint.hash


def read_fingerprint(directory: Path, name: str) -> AuditFingerprint | None:
    """The fingerprint of that hash; None when its file is not there or holds none."""
    try:
        return msgspec.json.decode((directory / f"{PREFIX}{name}.json").read_bytes(), type=AuditFingerprint)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _plain(fingerprint: AuditFingerprint) -> bytes:
    return msgspec.json.encode(fingerprint, order="sorted")


def _write(path: Path, content: bytes) -> None:
    # a name of its own: several processes may write it at once, and each renames a whole file
    beside = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
