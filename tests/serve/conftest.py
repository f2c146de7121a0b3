"""A real cluster for the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Cluster, served


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two ingress replicas behind whatever proxy this machine can run."""
    directory = tmp_path_factory.mktemp("cluster")
    environment = {"MEDREWARD_INGRESS__REPLICAS": "2", "MEDREWARD_INGRESS__CPUS": "0.5"}
    with served(directory / "serve.log", **environment) as running:
        yield running
    assert running.process.returncode == 0, running.log.read_text()[-4000:]
