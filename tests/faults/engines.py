"""The judge's engine behind an OpenAI-compatible endpoint: killed, hanging, talking nonsense."""

from __future__ import annotations

import asyncio
import time

from tests.faults.endpoint import Endpoint
from tests.faults.ends import Blind
from tests.faults.probe import recovered
from tests.faults.stage import Scenario, Seen, Stage

_LIMIT_S = 90.0
_DOWN_S = 3.0  # that the engine is away: longer than a call and its first repetition


async def killed(stage: Stage) -> Seen:
    """The engine's process is killed, is away for some seconds, and starts anew."""
    endpoint: Endpoint = stage.beside["endpoint"]
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        await asyncio.to_thread(endpoint.kill)
        await asyncio.sleep(_DOWN_S)
        await asyncio.to_thread(endpoint.start)
        back = time.monotonic()
        recovery_s = await recovered(stage.cluster.url, back, _LIMIT_S)
        await load.reach(load.answered + stage.burst // 8)
    return Seen(load, recovery_s, notes={"away_s": _DOWN_S})


async def hangs(stage: Stage) -> Seen:
    """It accepts, and never answers: what waits for it is a timeout at its deadline, and not a moment of value."""
    return await _talks(stage, "hang")


async def garbage(stage: Stage) -> Seen:
    """It answers what is no verdict."""
    return await _talks(stage, "garbage")


async def _talks(stage: Stage, mode: str) -> Seen:
    endpoint: Endpoint = stage.beside["endpoint"]
    # short, so that those who wait for an engine that hangs come to their end while it does
    load = stage.load(deadline_s=_DEADLINE_S[mode])
    async with load:
        await load.reach(stage.burst // 4)
        await endpoint.become(mode)
        start = time.monotonic()
        await load.reach(load.answered + stage.burst // 2)
        end = time.monotonic()
        await endpoint.become("good")
        back = time.monotonic()
        recovery_s = await recovered(stage.cluster.url, back, _LIMIT_S)
        await load.reach(load.answered + stage.burst // 8)
    seen = Seen(load, recovery_s, blind=[Blind("judge", start, end)], notes={"broken_s": round(end - start, 1)})
    inside = [one for one in load.ends if start <= one.sent and one.at is not None and one.at <= end]
    if not any(one.result is not None and stage.oracle.needs(one.number, "judge") for one in inside):
        seen.unmet.append(f"no rollout was asked and answered while the engine was in mode {mode}")
    return seen


_DEADLINE_S = {"hang": 5.0, "garbage": 60.0}

SCENARIOS = (
    Scenario("engine", "endpoint", "the judge's engine is killed, and back after 3 s", killed),
    Scenario("hang", "endpoint", "the engine accepts and never answers", hangs),
    Scenario("garbage", "endpoint", "the engine answers what is no verdict", garbage),
)
