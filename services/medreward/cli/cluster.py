"""A cluster on this machine, started and stopped for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from medreward.cli.errors import CliError, shortened
from medreward.cli.signals import Signals
from medreward.config import Settings

if TYPE_CHECKING:
    from medreward.serve.local import LocalCluster


def with_endpoints(settings: Settings, host: str | None, port: int | None, grpc_port: int | None) -> Settings:
    """The settings, with what the command line says of the endpoints in place of what file and environment say."""
    http = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    grpc = {} if grpc_port is None else {"port": grpc_port}
    return settings.model_copy(
        update={"http": settings.http.model_copy(update=http), "grpc": settings.grpc.model_copy(update=grpc)}
    )


@contextmanager
def running(settings: Settings) -> Iterator[LocalCluster]:
    """The cluster, ready; stopped at the end. The first signal inside is a KeyboardInterrupt (:class:`Signals`).

    Raises:
        CliError: it did not start; the message says why.
    """
    signals = Signals()
    try:
        signals.take()
        with ExitStack() as stack:
            cluster = _start(settings, stack, signals)
            try:
                yield cluster
            finally:
                signals.ignore()
    finally:
        signals.give_back()


def _start(settings: Settings, stack: ExitStack, signals: Signals) -> LocalCluster:
    try:
        # here, not above: ray comes with it, which takes seconds and may not be installed
        from medreward.serve.local import LocalCluster

        class Cluster(LocalCluster):
            """One that is stopped undisturbed, also when it is because it did not start."""

            def stop(self) -> None:
                signals.ignore()
                super().stop()

        cluster = stack.enter_context(Cluster(settings))
        signals.check()  # an import can swallow what a signal raised in it
        # ray has put its own in place
        signals.take()
        return cluster
    except SystemExit:
        # how ray takes a SIGTERM that comes while it starts
        raise KeyboardInterrupt from None
    except Exception as error:
        # StartError and ProxyError, and whatever Ray Serve and HAProxy say when they do not come up
        signals.check()
        if missing := _missing(error, settings):
            raise CliError(f"{missing} is not installed; {_needs(settings)}") from None
        kind = "" if isinstance(error, RuntimeError) else f"{type(error).__name__}: "
        raise CliError(f"the cluster did not start: {kind}{shortened(str(error))}") from error


def _missing(error: Exception, settings: Settings) -> str | None:
    """The package whose absence the error is, if it is one."""
    if isinstance(error, ModuleNotFoundError):
        return error.name
    # Ray Serve says in words of its own that there is no vLLM
    without = isinstance(error, ImportError) and settings.judge.engine == "vllm" and find_spec("vllm") is None
    return "vllm" if without else None


def _needs(settings: Settings) -> str:
    if settings.judge.engine == "vllm":
        return "serving with judge.engine vllm needs: pip install 'medreward[judge]'"
    return "serving needs: pip install 'medreward[serve]'"
