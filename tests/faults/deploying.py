"""``python -m tests.faults.deploying SETTINGS``: a cluster that is told by its standard input what to deploy.

Each line is JSON: ``args`` of the application, and the scorer's ``user_config``; a line is answered when it is done.
What ``serve deploy`` makes Serve's controller do, but for the way over its dashboard.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from medreward.config import Settings, load_settings
from tests.running import Cluster

_START_S, _STOP_S = 150.0, 60.0
_PREFIX = "told: "


def main(config: Path) -> None:
    """Serves until its standard input ends."""
    from medreward.serve.local import LocalCluster

    settings = load_settings(config)
    with LocalCluster(settings) as cluster:
        _say({"url": cluster.url})
        for line in sys.stdin:
            _deploy(**json.loads(line))
            _say({"done": True})


def _say(told: dict[str, Any]) -> None:
    print(_PREFIX + json.dumps(told), flush=True)


def _deploy(args: dict[str, Any], user_config: dict[str, Any]) -> None:
    from ray.serve.context import _get_global_client
    from ray.serve.schema import ServeDeploySchema

    application = {
        "name": "medreward",
        "route_prefix": "/",
        "import_path": "medreward.serve.app:build",
        "args": args,
        "deployments": [{"name": "Scorer", "user_config": user_config}],
    }
    client = _get_global_client()
    assert client is not None
    client.deploy_apps(ServeDeploySchema.model_validate({"applications": [application]}), _blocking=True)


class Deploying:
    """The process, seen from the scenarios."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        config, self._log = directory / "settings.yaml", directory / "serve.log"
        config.write_text(yaml.safe_dump(settings.model_dump(mode="json")))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDREWARD_")}
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.deploying", str(config)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**environment, "OMP_NUM_THREADS": "1"},
            )
        self._seen = 0

    def told(self, limit_s: float) -> dict[str, Any]:
        """The next thing that it says; raises RuntimeError."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until and self.process.poll() is None:
            said = [line for line in self._log.read_text(errors="replace").splitlines() if line.startswith(_PREFIX)]
            if len(said) > self._seen:
                self._seen += 1
                found: dict[str, Any] = json.loads(said[self._seen - 1].removeprefix(_PREFIX))
                return found
            time.sleep(0.1)
        raise RuntimeError(f"the cluster did not say anything:\n{self._log.read_text(errors='replace')[-4000:]}")

    def deploy(self, args: dict[str, Any], user_config: dict[str, Any]) -> None:
        """Returns when all replicas run by it; raises RuntimeError."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"args": args, "user_config": user_config}).encode() + b"\n")
        self.process.stdin.flush()
        self.told(_START_S)

    def stop(self) -> None:
        """As a closed standard input does; by SIGKILL if that does not do."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        if not self._seen:
            # it does not listen yet
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


_running: dict[int, Deploying] = {}


@contextlib.contextmanager
def deployed(directory: Path, settings: Settings) -> Iterator[Cluster]:
    """It, serving what a config says: the first one is deployed before the block begins."""
    running = Deploying(directory, settings)
    try:
        url = running.told(_START_S)["url"]
        running.deploy(args_of(settings, directory), {"checkpoint": settings.scorer.checkpoint})
        _running[running.process.pid] = running
        yield Cluster(url, "", running.process, directory / "serve.log")
    finally:
        _running.pop(running.process.pid, None)
        running.stop()


def of(cluster: Cluster) -> Deploying:
    """The one whose cluster this is."""
    return _running[cluster.process.pid]


def args_of(settings: Settings, directory: Path) -> dict[str, Any]:
    """``args`` of the application."""
    # anyone may ask: the cluster listens on loopback, which a deployed application cannot know
    auth = settings.auth.model_copy(update={"allow_anonymous": True})
    update = {"metrics_dir": directory / "metrics", "auth": auth}
    return settings.model_copy(update=update).model_dump(mode="json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
