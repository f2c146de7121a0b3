"""A disk for the audit log that is full for a while."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections import Counter
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
        held = (_answered(load) - await asyncio.to_thread(_logged, disk)).total()
        filler.unlink()
        room = time.monotonic()
    answered = _answered(load)
    missing = await _missing(disk, answered, room + _LIMIT_S)
    seen = Seen(load, recovery_s)
    seen.notes = {
        "held_up": held,
        "answered": answered.total(),
        "missing_in_the_log": missing.total(),
        "written_again_s": round(time.monotonic() - room, 1),
    }
    if held <= 0:
        seen.unmet.append("the full disk held up no record")
    if missing:
        seen.unmet.append(f"{missing.total()} records are missing in the audit log, of rollouts {sorted(missing)[:8]}")
    return seen


async def _missing(disk: Path, answered: Counter[str], until: float) -> Counter[str]:
    """Answers without a record in the log: none, or those at that moment."""
    while True:
        missing = answered - await asyncio.to_thread(_logged, disk)
        if not missing or time.monotonic() > until:
            return missing
        await asyncio.sleep(_POLL_S)


def _answered(load: Load) -> Counter[str]:
    """Answers by the rollout's id; those of the probes, which are others, are not among them."""
    return Counter(str(one.number) for one in load.ends if one.result is not None)


def _logged(disk: Path) -> Counter[str]:
    """Records by the rollout's id."""
    return Counter(row.id for row in AuditFiles(disk, RolloutRow).rows())


def _fill(filler: Path) -> None:
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)


SCENARIOS = (Scenario("disk", "audited", "the audit log's disk is full, and has room again", full),)
