"""The audit log that the settings describe, or why there can be none."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from medreward.config import ConfigError
from medreward.observability.audit.settings import AuditSettings

if TYPE_CHECKING:
    from medreward.observability.audit.log import AuditLog


def check_audit(settings: AuditSettings) -> Path | None:
    """Makes the directory where it is not there, and tries to write in it; None where nothing is to be kept.

    Raises:
        ConfigError: it cannot be made or written to, or what its format needs is not installed.
    """
    directory = settings.dir
    if directory is None:
        return None
    if settings.format == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ConfigError("audit.format: parquet needs pyarrow, which is not installed: pip install 'medreward[serve]'")
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(prefix=".medreward-", dir=directory) as file:
            file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(f"audit.dir: {directory} cannot be written to: {error.strerror or error}") from None
    return directory


def open_audit(settings: AuditSettings) -> AuditLog | None:
    """The log of this process, which is to be closed; None where nothing is to be kept.

    Raises:
        ConfigError: as :func:`check_audit`.
    """
    if (directory := check_audit(settings)) is None:
        return None
    from medreward.observability.audit.log import AuditLog

    return AuditLog(directory, settings)
