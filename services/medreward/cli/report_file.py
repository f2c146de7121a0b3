"""The file that ``--out`` of a report names."""

from __future__ import annotations

from pathlib import Path

import msgspec

from medreward.cli.errors import CliError


def write_json(path: Path, value: object) -> None:
    """Writes a report.

    Raises:
        CliError: it cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    except OSError as error:
        raise CliError(f"--out: {path} cannot be written: {error.strerror}") from None
