"""Processes of the cluster killed by SIGKILL in the middle of the burst."""

from __future__ import annotations

import time

from tests.faults.probe import recovered
from tests.faults.processes import proxies, replaced, replicas
from tests.faults.stage import Scenario, Seen, Stage, Unfit

_LIMIT_S = 90.0


async def _killed(stage: Stage, deployment: str) -> Seen:
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        before = replicas(stage.cluster, deployment)
        before[0].kill()
        killed = time.monotonic()
        recovery_s = await recovered(stage.cluster.url, killed, _LIMIT_S)
        await replaced(stage.cluster, deployment, before, _LIMIT_S)
        answered = load.answered
        # what serves now serves the burst too
        await load.reach(answered + stage.burst // 8)
    return Seen(load, recovery_s)


async def ingress(stage: Stage) -> Seen:
    """One of two replicas."""
    return await _killed(stage, "Ingress")


async def judge(stage: Stage) -> Seen:
    """The only one."""
    return await _killed(stage, "Judge")


async def scorer(stage: Stage) -> Seen:
    """The only one."""
    return await _killed(stage, "Scorer")


async def proxy(stage: Stage) -> Seen:
    """HAProxy, all its processes."""
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        victims = proxies(stage.cluster)
        if not victims:
            raise Unfit("HAProxy does not run here")
        for victim in victims:
            victim.kill()
        killed = time.monotonic()
        recovery_s = await recovered(stage.cluster.url, killed, _LIMIT_S)
        answered = load.answered
        await load.reach(answered + stage.burst // 8)
    return Seen(load, recovery_s)


SCENARIOS = (
    Scenario("ingress", "plain", "one of two ingress replicas is killed", ingress),
    Scenario("judge", "plain", "the judge's process is killed", judge),
    Scenario("scorer", "plain", "the scorer's process is killed", scorer),
    Scenario("proxy", "plain", "HAProxy is killed", proxy),
)
