"""What the replicas of ``medreward serve`` log, on its own standard error."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from medreward.config import ConfigError, Settings


@contextmanager
def shown(settings: Settings) -> Iterator[Settings]:
    """The settings to serve by; within the block, what is logged by them is shown.

    Raises:
        ConfigError: ``logs.dir`` cannot be written to.
    """
    if find_spec("pythonjsonlogger") is None:
        # nor is Ray Serve installed then: to start the cluster says so
        yield settings
        return
    from medreward.observability.logs import configure
    from medreward.observability.logs_follow import Follower

    made = Path(tempfile.mkdtemp(prefix="medreward-logs-")) if settings.logs.dir is None else None
    directory = made or settings.logs.dir
    assert directory is not None
    try:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"logs.dir: {error}") from None
        configure(settings.logs.model_copy(update={"dir": None}), "serve")
        with Follower(directory, sys.stderr.buffer):
            yield settings.model_copy(update={"logs": settings.logs.model_copy(update={"dir": directory})})
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
