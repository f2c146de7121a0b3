"""Our log lines, whatever the libraries of a run do to the root logger: what is waited for must be seen."""

from __future__ import annotations

import logging
import sys
from typing import Final

NAME: Final = "medreward_trainer"


def show_logs() -> None:
    """Sends this package's log to stderr, from INFO on; to be called in each process that has something to say.

    vLLM, Ray and wandb set the root logger up anew as they start, and may switch off the loggers that are there.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s:%(asctime)s:medreward: %(message)s"))
    ours = logging.getLogger(NAME)
    ours.handlers = [handler]
    ours.setLevel(logging.INFO)
    ours.propagate = False
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith(NAME) and isinstance(logger, logging.Logger):
            logger.disabled = False
