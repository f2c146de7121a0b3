"""Telling local weights apart: a directory has no commit that could stand in the fingerprint."""

from __future__ import annotations

import hashlib
from pathlib import Path

_SAMPLES = 64
_SAMPLE_BYTES = 16_384
_WHOLE_BYTES = 4 * 1024 * 1024


def sampled_digest(directory: Path) -> str:
    """SHA-256, shortened to 16 digits, over every file's name and size and a part of its content.

    Files up to 4 MiB, as configuration and tokenizer, are read whole; of larger ones 64 evenly spaced pieces of 16 KiB
    are, so that 140 GB of weights take a moment and not an hour. Training moves nearly every weight, so it shows; an
    edit of a few bytes of a large file may not.

    Raises:
        OSError: the directory or one of its files cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(directory)}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= _WHOLE_BYTES:
                digest.update(file.read())
                continue
            for piece in range(_SAMPLES):
                file.seek((size - _SAMPLE_BYTES) * piece // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]
