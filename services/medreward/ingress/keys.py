"""API keys from a directory: each file is one key, its name the client's.

Kubernetes mounts a Secret just so. When the Secret changes, kubelet writes a new directory and swaps the symbolic link
``..data`` to it; that, the directories it points to, and any other hidden file are no keys. The directory is looked at
again when a key is asked about, at most every two seconds, so keys come and go without a restart. A directory that no
longer makes sense changes nothing: the keys that were read last hold on, and the log says why, once.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)

_LOOK_S = 2.0
_MOST_BYTES = 4096  # of a file; a header that holds more is refused on the way


class KeysError(ValueError):
    """The directory holds no usable keys; the message names the file, and never shows a key."""


class _Key(NamedTuple):
    client: str
    digest: bytes


_Stamp = tuple[tuple[str, int, int, int], ...]


class Keys:
    """The keys of a directory."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads them.

        Args:
            directory: where they lie.
            clock: seconds.

        Raises:
            KeysError: there are none, or one is none.
        """
        self._directory = directory
        self._clock = clock
        self._stamp = _stamp(directory)
        self._keys = _read(directory)
        self._looked = clock()
        self._problem = ""

    @property
    def clients(self) -> list[str]:
        """Whose keys there are, as read last."""
        return [key.client for key in self._keys]

    def client_of(self, presented: bytes) -> str | None:
        """The client whose key it is; None when it is nobody's.

        What is compared is digests, in constant time, and always all of them: how long it takes tells nothing.
        """
        self._look()
        digest = hashlib.sha256(presented).digest()
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key.client
        return found

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked < _LOOK_S:
            return
        self._looked = now
        try:
            stamp = _stamp(self._directory)
            if stamp == self._stamp and not self._problem:
                return
            keys = _read(self._directory)
        except KeysError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                log.error("the API keys stay as they were: %s", error)
            return
        if self._problem or keys != self._keys:
            log.info("API keys were read again; clients: %s", ", ".join(key.client for key in keys))
        # what was read may be newer than its stamp, never older: then it is read once more
        self._stamp, self._keys, self._problem = stamp, keys, ""


def _files(directory: Path) -> list[Path]:
    try:
        # a file that is a link counts as what it points to; one that points nowhere is no file
        return sorted(path for path in directory.iterdir() if not path.name.startswith(".") and not path.is_dir())
    except OSError as error:
        raise KeysError(f"{directory}: cannot be read: {error.strerror}") from None


def _stamp(directory: Path) -> _Stamp:
    """What changes when a key does."""
    stamp = []
    for path in _files(directory):
        try:
            found = path.stat()
        except OSError as error:
            raise KeysError(f"{path}: cannot be read: {error.strerror}") from None
        stamp.append((path.name, found.st_ino, found.st_mtime_ns, found.st_size))
    return tuple(stamp)


def _read(directory: Path) -> list[_Key]:
    keys = [_Key(path.name, hashlib.sha256(_key(path)).digest()) for path in _files(directory)]
    if not keys:
        raise KeysError(f"{directory}: holds no key; each file in it is one, named after its client")
    return keys


def _key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise KeysError(f"{path}: cannot be read: {error.strerror}") from None
    key = content.strip()
    if not key:
        raise KeysError(f"{path}: is empty")
    if len(content) > _MOST_BYTES or not all(0x21 <= byte <= 0x7E for byte in key):
        raise KeysError(f"{path}: must be at most {_MOST_BYTES} visible ASCII characters without a blank")
    return key
