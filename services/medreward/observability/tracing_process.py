"""Logs and traces of a process, from its start to its clean end."""

from __future__ import annotations

from medreward.config import ConfigError, Settings
from medreward.observability import logs, tracing


def begin(settings: Settings, service: str) -> None:
    """Logs and traces as the settings say.

    Args:
        settings: of which ``logs`` and ``tracing`` matter.
        service: of the process, such as ``ingress``.

    Raises:
        ConfigError: the log cannot be written, or what traces need is not installed.
    """
    try:
        logs.configure(settings.logs, service)
    except OSError as error:
        raise ConfigError(f"logs.dir: {error}") from None
    if settings.tracing.endpoint is None:
        return
    try:
        # here, not above: it loads the SDK
        from medreward.observability.tracing_sdk import Exporting
    except ModuleNotFoundError as error:
        raise ConfigError(f"tracing.endpoint: {error.name} is not installed; medreward[serve] has it") from None
    tracing.start(Exporting(settings.tracing, service))


def end() -> None:
    """Sends the last spans. May be called again."""
    tracing.stop()
