"""``python -m tests.serve.swapping DIRECTORY``: checkpoints changed under load, by Serve configs, as JSON on stdout.

A cluster of two scorer replicas serves the checkpoint DIRECTORY/one. While batches come without pause, a config names
DIRECTORY/two, then a directory that is not there. Told are all replies, the processes of the replicas before and after,
and what the server says of its scorer in the end.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from medreward.config import load_settings
from medreward.contract import codec
from medreward.contract import types as t
from medreward.serve.local import LocalCluster
from tests.serve.trajectories import rollout

BATCH = 12
_WAIT_S = 120.0


class Load:
    """Batches without pause, from some threads, until the block ends."""

    def __init__(self, url: str) -> None:
        self.replies: list[dict[str, Any]] = []
        self._url = url
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        with httpx.Client(timeout=60) as http:
            while not self._end.is_set():
                first = number * BATCH
                rollouts = [rollout(first + place) for place in range(BATCH)]
                request = t.ScoreRequest(components={"consistency": 1.0}, rollouts=rollouts, deadline_ms=30_000)
                answer = http.post(f"{self._url}/v1/score", content=codec.encode(request))
                body = answer.json()
                told: dict[str, Any] = {"first": first, "http": answer.status_code}
                if answer.status_code == 200:
                    told["scorer"] = body["fingerprint"]["scorer"]
                    told["components"] = [result["components"]["consistency"] for result in body["results"]]
                self.replies.append(told)
                time.sleep(0.02)


def main(directory: Path) -> None:
    """Runs it."""
    scorer = {"checkpoint": str(directory / "one"), "replicas": 2, "cpus": 0.5}
    settings = load_settings(http={"port": 0}, grpc={"enabled": False}, auth={"allow_anonymous": True}, scorer=scorer)
    with LocalCluster(settings) as cluster:
        args = settings.model_copy(update={"metrics_dir": directory / "metrics"}).model_dump(mode="json")
        _deploy(args, directory / "one")
        before = _replicas()
        with Load(cluster.url) as load:
            _until(lambda: len(load.replies) >= 40)
            _deploy(args, directory / "two")
            _until(lambda: _names(load.replies[-40:]) == {"tiny-2"})
            _deploy(args, directory / "three")
            info = f"{cluster.url}/v1/info"
            _until(lambda: "problem" in httpx.get(info).json()["services"]["scorer"])
            so_far = len(load.replies)
            _until(lambda: len(load.replies) >= so_far + 40)
        service = httpx.get(info).json()["services"]["scorer"]
        told = {"replies": load.replies, "before": before, "after": _replicas(), "service": service}
    print(json.dumps(told))


def _deploy(args: dict[str, Any], checkpoint: Path) -> None:
    """What ``serve deploy`` makes Serve's controller do, but for the way over its dashboard."""
    from ray.serve.context import _get_global_client
    from ray.serve.schema import ServeDeploySchema

    application = {
        "name": "medreward",
        "route_prefix": "/",
        "import_path": "medreward.serve.app:build",
        "args": args,
        "deployments": [{"name": "Scorer", "user_config": {"checkpoint": str(checkpoint)}}],
    }
    client = _get_global_client()
    assert client is not None
    client.deploy_apps(ServeDeploySchema.model_validate({"applications": [application]}), _blocking=True)


def _replicas() -> list[int]:
    children = psutil.Process(os.getpid()).children(recursive=True)
    return sorted(child.pid for child in children if "ServeReplica:medreward:Scorer" in " ".join(child.cmdline()))


def _names(replies: list[dict[str, Any]]) -> set[str]:
    return {reply.get("scorer", {}).get("name", "") for reply in replies}


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not come about")
        time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
