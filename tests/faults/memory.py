"""A scorer that gets no more memory."""

from __future__ import annotations

import contextlib
import time

import psutil

from tests.faults.probe import recovered
from tests.faults.processes import replicas
from tests.faults.stage import Scenario, Seen, Stage

_LIMIT_S = 90.0


async def scorer(stage: Stage) -> Seen:
    """Its address space may not grow any more (RLIMIT_AS), so that torch itself finds no memory for a forward.

    The limit is never lifted: either the service goes on with what fits, or it replaces the process.
    """
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        (process,) = replicas(stage.cluster, "Scorer")
        _, hard = process.rlimit(psutil.RLIMIT_AS)
        # half of what it has: nothing of that is taken away, but no mapping is added
        process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms // 2, hard))
        begun = time.monotonic()
        seen_from = len(load.ends)
        await load.reach(load.answered + stage.burst // 2)
        recovery_s = await recovered(stage.cluster.url, begun, _LIMIT_S)
        await load.reach(load.answered + stage.burst // 8)
    found = Seen(load, recovery_s)
    with contextlib.suppress(psutil.NoSuchProcess):
        found.notes["process_replaced"] = int(process.pid not in [one.pid for one in replicas(stage.cluster, "Scorer")])
    hit = [
        one.result.components["consistency"].detail
        for one in load.ends[seen_from:]
        if one.result is not None
        and "consistency" in one.result.components
        and one.result.components["consistency"].status == "unavailable"
    ]
    found.notes["without_memory"] = len(hit)
    if not hit and not found.notes.get("process_replaced"):
        found.unmet.append("the limit had no effect on any forward")
    return found


SCENARIOS = (Scenario("memory", "large", "the scorer gets no more memory", scorer),)
