"""Running the fake beside a test."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import helm_python
import uvicorn

from tests.helm.documents import Document
from tests.helm.fake_api.app import Call, Server
from tests.helm.fake_api.resources import served
from tests.helm.fake_api.store import Store
from tests.helm.schemas import VERSIONS

_START_S = 30.0
_STOP_S = 10.0


class Cluster:
    """A running fake, as a test sees it."""

    def __init__(self, url: str, server: Server) -> None:
        self.url, self._server = url, server

    def helm(self, namespace: str) -> helm_python.Config:
        """Real Helm, told to talk to it."""
        return helm_python.Config(kube_apiserver=self.url, namespace=namespace)

    def objects(self, namespace: str) -> dict[tuple[str, str], Document]:
        """What a namespace holds, by kind and name."""
        return {
            (key.resource.kind, key.name): document
            for key, document in self._server.store.objects.items()
            if key.namespace == namespace
        }

    @property
    def calls(self) -> list[Call]:
        """Every request so far."""
        return self._server.calls


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test's own, and none can be taken outside the main thread."""
        yield


@contextlib.contextmanager
def running(kubernetes: str = VERSIONS[1], without: frozenset[str] = frozenset()) -> Iterator[Cluster]:
    """A fresh cluster of a version, lacking the API groups ``without``, until the block ends."""
    server = Server(Store(kubernetes), served(without))
    options: dict[str, Any] = {"log_level": "error", "lifespan": "off", "timeout_graceful_shutdown": 1}
    process = _Uvicorn(uvicorn.Config(server.app, host="127.0.0.1", port=0, **options))
    thread = threading.Thread(target=process.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + _START_S
        while not process.started:
            if time.monotonic() > until or not thread.is_alive():
                raise RuntimeError("the fake API server did not start")
            time.sleep(0.01)
        port = process.servers[0].sockets[0].getsockname()[1]
        yield Cluster(f"http://127.0.0.1:{port}", server)
    finally:
        process.should_exit = True
        thread.join(_STOP_S)
