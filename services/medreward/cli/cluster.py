"""A cluster on this machine, started and stopped for a command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from medreward.cli.errors import CliError
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
    """The cluster, ready; stopped at the end. SIGTERM inside is a KeyboardInterrupt, as SIGINT is.

    Raises:
        CliError: it did not start; the message says why.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            cluster = _start(settings, stack)
            # ray has put its own in place
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            yield cluster
    finally:
        signal.signal(signal.SIGTERM, before)


def _start(settings: Settings, stack: ExitStack) -> LocalCluster:
    try:
        # here, not above: ray comes with it, which takes seconds and may not be installed
        from medreward.serve.local import LocalCluster

        return stack.enter_context(LocalCluster(settings))
    except ModuleNotFoundError as error:
        raise CliError(f"{error.name} is not installed; serving needs: pip install 'medreward[serve]'") from None
    except RuntimeError as error:
        # StartError and ProxyError, and what Ray Serve says when it does not come up
        raise CliError(f"the cluster did not start: {error}") from None
    except SystemExit:
        # how ray takes a SIGTERM that comes while it starts
        raise KeyboardInterrupt from None
