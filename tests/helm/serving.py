"""The Serve config of a rendered chart on a real Ray of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import yaml

from medreward.serve.environment import choose_proxy, free_port, variables, write_launcher
from medreward.serve.leftovers import end, owned
from tests.running import Cluster

START_S = 300.0
STOP_S = 120.0


@contextlib.contextmanager
def deployed(config: dict[str, Any], offered: dict[str, float], keys: Path, directory: Path) -> Iterator[Cluster]:
    """``serve run CONFIG`` on one node until the block ends; fails with the log when it does not get ready.

    Args:
        config: of the chart. Only what belongs to a pod is changed: ports, and the directories of keys and metrics.
        offered: cores and custom resources of the node; nothing else of this machine counts.
        keys: directory of API keys.
        directory: for the config and the log.
    """
    local = deepcopy(config)
    http_port, local["grpc_options"]["port"] = free_port(), free_port()
    local["http_options"] = {"host": "127.0.0.1", "port": http_port}
    args = local["applications"][0]["args"]
    args["metrics_dir"] = str(directory / "metrics")
    args["auth"]["keys_dir"] = str(keys)
    file, log = directory / "serve.yaml", directory / "log"
    file.write_text(yaml.safe_dump(local))
    command = [str(Path(sys.executable).parent / "serve"), "run", str(file)]
    # sockets must have short paths
    with tempfile.TemporaryDirectory(prefix="mr-", dir="/tmp") as short, log.open("wb") as output:
        proxied = variables(choose_proxy("auto"), Path(short))
        if launcher := proxied.get("RAY_SERVE_HAPROXY_BINARY_PATH"):
            write_launcher(Path(launcher))
        environment = {
            **os.environ,
            **proxied,
            "RAY_OVERRIDE_RESOURCES": json.dumps(offered),
            "RAY_TMPDIR": short,
        }
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        cluster = Cluster(f"http://127.0.0.1:{http_port}", f"127.0.0.1:{local['grpc_options']['port']}", process, log)
        try:
            _wait_until_ready(cluster)
            yield cluster
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_S)
            finally:
                end(owned(Path(short)))


def _wait_until_ready(cluster: Cluster) -> None:
    until = time.monotonic() + START_S
    last = "no answer"
    while time.monotonic() < until and cluster.process.poll() is None:
        try:
            answer = httpx.get(f"{cluster.url}/readyz", timeout=5)
            if answer.status_code == 200:
                return
            last = f"HTTP {answer.status_code}"
        except httpx.HTTPError as error:
            last = f"{type(error).__name__}: {error}"
        time.sleep(0.5)
    raise RuntimeError(f"the cluster did not get ready, last: {last}\n{cluster.log.read_text()[-4000:]}")
