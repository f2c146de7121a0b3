"""Processes of a local cluster that outlive it: Ray's agents after an interrupted start, HAProxy after a killed Ray.

Only what is surely ours is touched: children of this process, and processes whose command line names the cluster's own
temporary directory.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

_GRACE_S = 5.0


def owned(directory: Path) -> list[psutil.Process]:
    """The processes of the cluster whose files lie in ``directory``."""
    found = {process.pid: process for process in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(directory) in argument for argument in process.cmdline()):
                found[process.pid] = process
    found.pop(psutil.Process().pid, None)
    return list(found.values())


def kill(process: psutil.Process) -> None:
    """Kills a process, unless it has ended."""
    with contextlib.suppress(psutil.Error):
        process.kill()


def end(processes: list[psutil.Process]) -> None:
    """Ends those that still run: after a grace, by SIGTERM and then by SIGKILL."""
    _, left = psutil.wait_procs(processes, timeout=_GRACE_S)
    for process in left:
        with contextlib.suppress(psutil.Error):
            log.warning("process %d (%s) outlived the cluster and is ended", process.pid, process.name())
            process.terminate()
    _, left = psutil.wait_procs(left, timeout=_GRACE_S)
    for process in left:
        kill(process)
