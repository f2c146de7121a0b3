"""Running servers for tests and benchmarks, each in a process of its own, as a user starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from medreward.serve.environment import free_port

START_S = 120.0
STOP_S = 60.0


class Cluster(NamedTuple):
    """A running ``medreward serve``."""

    url: str
    grpc: str
    process: subprocess.Popen[bytes]
    log: Path


@contextlib.contextmanager
def served(log: Path, *arguments: str, **environment: str) -> Iterator[Cluster]:
    """``medreward serve`` on free ports until the block ends; fails with its output when it does not get ready.

    It has no trajectory scorer, unless the ``environment`` names a checkpoint: to load one takes its time.
    """
    environment = {"MEDREWARD_SCORER__CHECKPOINT": "none", **environment}
    http_port, grpc_port = free_port(), free_port()
    command = [sys.executable, "-m", "medreward", "serve", "--port", str(http_port), "--grpc-port", str(grpc_port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *arguments], stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        cluster = Cluster(f"http://127.0.0.1:{http_port}", f"127.0.0.1:{grpc_port}", process, log)
        try:
            _wait_until_ready(cluster)
            yield cluster
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def _wait_until_ready(cluster: Cluster) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and cluster.process.poll() is None:
        # the command's own last word: it handles signals from then on, and it has asked /readyz itself
        if "stops it" in cluster.log.read_text():
            return
        time.sleep(0.2)
    raise RuntimeError(f"the cluster did not get ready:\n{cluster.log.read_text()[-4000:]}")
