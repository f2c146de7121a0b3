"""A disk for the audit log that is full for a while."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medreward.observability.audit.reading import AuditFiles
from medreward.observability.audit.rows import RolloutRow
from tests.faults.load import Load
from tests.faults.probe import recovered
from tests.faults.stage import Scenario, Seen, Stage, Unfit

_SIZE_MIB = 64
_LIMIT_S = 90.0
_POLL_S = 0.2


@contextlib.contextmanager
def small(directory: Path) -> Iterator[dict[str, Any]]:
    """Behind a cluster: a file system of its own in memory."""
    disk = directory / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MIB}m", "faults", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        raise Unfit("this user may not mount a file system in memory")
    try:
        yield {"disk": disk}
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def full(stage: Stage) -> Seen:
    """It is full while half a burst is scored, then there is room again, and everything is written after all."""
    disk: Path = stage.beside["disk"]
    filler = disk / "filler"
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        _fill(filler)
        recovery_s = await recovered(stage.cluster.url, time.monotonic(), _LIMIT_S)
        await load.reach(load.answered + stage.burst // 2)
        _fill(filler)  # what was freed meanwhile
        held = _answered(load) - await asyncio.to_thread(_rows, disk)
        filler.unlink()
        room = time.monotonic()
    answered = _answered(load)
    written = await _written(disk, answered, room + _LIMIT_S)
    seen = Seen(load, recovery_s)
    seen.notes = {
        "held_up": held,
        "answered": answered,
        "in_the_log": written,  # with those of the probes
        "written_again_s": round(time.monotonic() - room, 1),
    }
    if held <= 0:
        seen.unmet.append("the full disk held up no record")
    if written < answered:
        seen.unmet.append(f"{answered - written} records are missing in the audit log")
    return seen


async def _written(disk: Path, wanted: int, until: float) -> int:
    """Records in the log, as soon as there are as many as wanted, or at that moment."""
    while True:
        found = await asyncio.to_thread(_rows, disk)
        if found >= wanted or time.monotonic() > until:
            return found
        await asyncio.sleep(_POLL_S)


def _answered(load: Load) -> int:
    return sum(one.result is not None for one in load.ends)


def _rows(disk: Path) -> int:
    return sum(1 for _ in AuditFiles(disk, RolloutRow).rows())


def _fill(filler: Path) -> None:
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)


SCENARIOS = (Scenario("disk", "audited", "the audit log's disk is full, and has room again", full),)
