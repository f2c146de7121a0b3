"""Settings of a deployment -> Ray Serve's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medreward.config import Settings
from medreward.observability.metrics import MULTIPROC_DIR
from medreward.observability.tracing_settings import Logs
from medreward.replicas import Replicated


def replicas(wanted: Replicated) -> dict[str, Any]:
    """How many replicas: fixed, or between bounds. Ray Serve takes only one of the two."""
    if wanted.autoscaling is None:
        return {"num_replicas": wanted.replicas}
    return {"autoscaling_config": {"min_replicas": wanted.replicas, **wanted.autoscaling.model_dump()}}


def actor(cpus: float, resources: Mapping[str, float], *, gpus: float = 0.0, metrics_dir: str = "") -> dict[str, Any]:
    """What a replica's process takes, and its environment.

    Args:
        cpus: cores that are set aside for it.
        resources: custom resources that it takes.
        gpus: GPUs that are set aside for it.
        metrics_dir: through which it shares its counters; empty: it has none.
    """
    options: dict[str, Any] = {"num_cpus": cpus}
    if gpus:
        options["num_gpus"] = gpus
    if resources:
        options["resources"] = dict(resources)
    if metrics_dir:
        options["runtime_env"] = {"env_vars": {MULTIPROC_DIR: metrics_dir}}
    return options


def ending_s(settings: Settings, *, audits: bool) -> float:
    """Seconds that a replica which goes may take: to finish its requests, and then to write what they left.

    Args:
        settings: all of them.
        audits: it writes an audit log, where there is one.
    """
    audit, tracing = settings.audit, settings.tracing
    after = audit.close_s if audits and audit.dir is not None else 0.0
    if tracing.endpoint is not None:
        after += tracing.export_timeout_s
    return settings.drain_s + after


def logging(wanted: Logs) -> dict[str, Any]:
    """Ray Serve's own logs, in the same form; a line a request is ours, which knows more of it."""
    return {"enable_access_log": False, "encoding": "JSON" if wanted.format == "json" else "TEXT"}
