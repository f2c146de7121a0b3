"""The processes of a cluster that we started, and nobody else's."""

from __future__ import annotations

import asyncio
import contextlib
import time

import psutil

from tests.running import Cluster

_POLL_S = 0.1


def replicas(cluster: Cluster, deployment: str) -> list[psutil.Process]:
    """Of a deployment: ``Ingress``, ``Judge`` or ``Scorer``."""
    return _named(cluster, f"ServeReplica:medreward:{deployment}")


def proxies(cluster: Cluster) -> list[psutil.Process]:
    """HAProxy's; none where Ray's own proxy serves."""
    found = []
    for process in _below(cluster):
        with contextlib.suppress(psutil.Error):
            if process.name().startswith("haproxy"):
                found.append(process)
    return found


async def replaced(cluster: Cluster, deployment: str, before: list[psutil.Process], limit_s: float) -> None:
    """Waits until there are as many replicas as ``before``, none of which is gone; raises TimeoutError."""
    until = time.monotonic() + limit_s
    while len([one for one in replicas(cluster, deployment) if one.is_running()]) < len(before):
        if time.monotonic() > until:
            raise TimeoutError(f"{deployment} has not as many replicas as before after {limit_s:g} s")
        await asyncio.sleep(_POLL_S)


def _named(cluster: Cluster, title: str) -> list[psutil.Process]:
    found = []
    for process in _below(cluster):
        with contextlib.suppress(psutil.Error):
            if title in " ".join(process.cmdline()):
                found.append(process)
    return found


def _below(cluster: Cluster) -> list[psutil.Process]:
    return psutil.Process(cluster.process.pid).children(recursive=True)
