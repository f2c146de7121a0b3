"""A cluster on this machine, from start to stop."""

from __future__ import annotations

import atexit
import logging
import math
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from medreward.config import Settings
from medreward.ingress.auth import check_local
from medreward.serve.environment import Proxy, can_listen, choose_proxy, free_port, is_free, prepare
from medreward.serve.leftovers import end, kill, owned
from medreward.serve.options import ending_s
from medreward.serve.options import logging as logging_options

_OBJECT_STORE_BYTES = 100 * 1024 * 1024  # bodies go by HTTP, so the store stays almost empty
_READY_S = 90.0
_AFTER_DRAIN_S = 10.0  # within which Ray Serve itself has ended what was still in flight after a replica's time
_OFFERED = 1000.0  # of each custom resource that the settings name: this machine has whatever a replica asks for

log = logging.getLogger(__name__)


class StartError(RuntimeError):
    """The cluster did not come up; the message says why."""


class LocalCluster:
    """A Ray of its own with the application on it. Use it as a context manager, once a process.

    Raises:
        StartError: a port is taken, ray is in use already, or the application did not get ready in time.
        ProxyError: HAProxy was asked for and cannot run.
        ConfigError: other machines would be served without a key, and nobody said so; or the keys are none.
    """

    def __init__(self, settings: Settings) -> None:
        self.proxy: Proxy = choose_proxy(settings.ingress.proxy)
        host = settings.http.host
        http_port = settings.http.port or free_port()
        grpc_port = (settings.grpc.port or free_port()) if settings.grpc.enabled else None
        if not can_listen(host):
            raise StartError(f"http.host: {host!r} is no IPv4 address of this machine")
        check_local(settings)
        for name, port in (("http.port", http_port), ("grpc.port", grpc_port)):
            if port is not None and not is_free(port):
                raise StartError(f"{name}: {port} is taken on this machine; name another, or 0 for any")
        if http_port == grpc_port:
            raise StartError(f"grpc.port: {grpc_port} is http.port already")
        # short, for the sockets of Ray: a Unix socket's path has at most 107 characters
        self._directory = Path(tempfile.mkdtemp(prefix="mr-", dir="/tmp"))
        self._settings = settings.model_copy(update={"metrics_dir": self._directory / "metrics"})
        self._host, self._http_port, self._grpc_port = host, http_port, grpc_port
        self._initialized = self._deployed = False

    @property
    def url(self) -> str:
        """Where HTTP is served."""
        host = "127.0.0.1" if self._host in ("", "0.0.0.0") else self._host
        return f"http://{host}:{self._http_port}"

    @property
    def grpc_address(self) -> str | None:
        """Where gRPC is served; None when it is off."""
        return None if self._grpc_port is None else f"127.0.0.1:{self._grpc_port}"

    def __enter__(self) -> Self:
        try:
            self._start()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops what was started, in whatever state it is; in-flight requests finish first. Nothing is left behind."""
        processes = owned(self._directory)
        if self._initialized:
            self._shut_down(processes)
        end(list({*processes, *owned(self._directory)}))
        shutil.rmtree(self._directory, ignore_errors=True)

    def _shut_down(self, processes: list[psutil.Process]) -> None:
        import ray

        from medreward.serve.app import APPLICATION

        if self._deployed:
            # Ray Serve waits without end for its controller, which may have died
            limit_s = ending_s(self._settings, audits=True) + _AFTER_DRAIN_S
            drain = threading.Thread(target=_delete, args=(APPLICATION, time.monotonic() + limit_s), daemon=True)
            drain.start()
            drain.join(limit_s)
            if drain.is_alive():
                # killed with the whole process group, say: Ray can be asked nothing, and would abort this process
                log.warning("the cluster does not answer: its processes are killed")
                atexit.unregister(ray.shutdown)
                for process in processes:
                    kill(process)
                return
        ray.shutdown()

    def _start(self) -> None:
        prepare(self.proxy, self._directory)
        import ray
        from ray import serve

        from medreward.serve.app import APPLICATION, GRPC_SERVICER, bind

        logging.getLogger("ray.serve").setLevel(logging.WARNING)

        self._initialized = True
        ray.init(
            # logical cores: enough for every replica to be placed, however small the laptop
            num_cpus=max(os.cpu_count() or 1, math.ceil(_cpus_wanted(self._settings)) + 1),
            resources=dict.fromkeys(_resources_named(self._settings), _OFFERED),
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=str(self._directory),
            _metrics_export_port=free_port(),
        )
        grpc_options = (
            {"port": self._grpc_port, "grpc_servicer_functions": [GRPC_SERVICER]} if self._grpc_port else None
        )
        serve.start(
            http_options={"host": self._host, "port": self._http_port},
            grpc_options=grpc_options,
            logging_config={**logging_options(self._settings.logs), "log_level": "WARNING"},
        )
        self._deployed = True
        try:
            serve.run(bind(self._settings, local=True), name=APPLICATION, route_prefix="/")
        except RuntimeError as error:
            raise StartError(f"the application did not deploy: {error}") from error

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _READY_S
        last = "no answer"
        while time.monotonic() < until:
            try:
                answer = httpx.get(f"{self.url}/readyz", timeout=5.0, trust_env=False)
                if answer.status_code == 200:
                    return
                last = f"HTTP {answer.status_code}"
            except httpx.HTTPError as error:
                last = f"{type(error).__name__}: {error}"
            time.sleep(0.1)
        raise StartError(f"{self.url} did not get ready within {_READY_S:.0f} s; last: {last}")


def _delete(application: str, until: float) -> None:
    from ray import serve

    while True:
        try:
            serve.delete(application)
            return
        except TimeoutError:
            # it waits a minute at most, and goes on deleting
            if time.monotonic() > until:
                return


def _resources_named(settings: Settings) -> set[str]:
    sections = (settings.ingress, settings.judge, settings.judge.vllm, settings.scorer)
    return {name for section in sections for name in section.resources}


def _cpus_wanted(settings: Settings) -> float:
    vllm = settings.judge.vllm
    # a core for the replica, and one for each of its workers
    engine = vllm.most_replicas * (1 + vllm.tensor_parallel_size) if settings.judge.engine == "vllm" else 0
    scorer = settings.scorer.most_replicas * settings.scorer.cpus if settings.scorer.checkpoint != "none" else 0
    return settings.ingress.most_replicas * settings.ingress.cpus + settings.judge.cpus + engine + scorer
