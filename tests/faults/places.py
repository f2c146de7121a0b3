"""The kinds of cluster that are broken, each started as a user does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from medreward.config import Settings
from tests.faults import cache, disk
from tests.faults.deploying import deployed
from tests.faults.endpoint import MODEL, endpoint
from tests.faults.stage import Place, nothing
from tests.running import Cluster, served
from tests.tiny_scorer import build

COMMON: dict[str, Any] = {
    "http": {"port": 0},
    "ingress": {"replicas": 2, "cpus": 0.5},
    # a verdict that is remembered needs no judge, and the judge is to be missed
    "judge": {"cache": {"kind": "none"}},
}
_ENVIRONMENT = {"OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def by_command(directory: Path, settings: Settings) -> Iterator[Cluster]:
    """``medreward serve`` with these settings."""
    config = directory / "settings.yaml"
    config.write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    environment = {**_ENVIRONMENT, "MEDREWARD_SCORER__CHECKPOINT": settings.scorer.checkpoint}
    with served(directory / "serve.log", "--config", str(config), **environment) as cluster:
        yield cluster


def _plain(beside: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    # small and quick, with weights by chance: no two trajectories have the same score
    return {"scorer": {"checkpoint": str(build(directory / "scorer", seed=1))}}


def _by_endpoint(beside: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    openai = {"base_url": beside["endpoint"].url, "model": MODEL, "revision": "1"}
    return {**_plain(beside, directory), "judge": {"engine": "openai", "openai": openai, "max_concurrency": 8}}


def _large(beside: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    # the shipped checkpoint, and forwards of all that waits: they need memory that a process does not keep at hand
    return {"scorer": {"checkpoint": "shipped", "batch_tokens": 65_536}}


def _cached(beside: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    # next to nothing is kept in the judge's own process: what is remembered is remembered by Redis
    cache = {"kind": "redis", "redis_url": beside["redis"].url, "entries": 1}
    return {**_plain(beside, directory), "judge": {"cache": cache}}


def _audited(beside: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    return {**_plain(beside, directory), "audit": {"dir": str(beside["disk"])}}


PLACES: dict[str, Place] = {
    "plain": Place(nothing, _plain, by_command),
    "endpoint": Place(endpoint, _by_endpoint, by_command),
    "large": Place(nothing, _large, by_command),
    "cached": Place(cache.server, _cached, by_command),
    "audited": Place(disk.small, _audited, by_command),
    "deployed": Place(nothing, _plain, deployed),
}
