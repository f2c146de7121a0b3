"""Real Helm against a fake API server: from install to uninstall. No container runs; see tests/helm/fake_api."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from tests.helm.chart import CHART, NAME, NAMESPACE, merged, render
from tests.helm.documents import Document
from tests.helm.fake_api.server import Cluster, running
from tests.helm.needs import KUBERAY
from tests.helm.profiles import CPU, GPU, NO_MONITORING, PROFILES, REDIS
from tests.helm.schemas import VERSIONS

pytestmark = KUBERAY
WAIT_S = 120
NAMED = "demo-medreward"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


@pytest.fixture
def helm(cluster: Cluster) -> Iterator[helm_python.Config]:
    with cluster.helm(NAMESPACE) as helm:
        yield helm


def install(helm: helm_python.Config, values: dict[str, Any], **more: Any) -> Document:
    return helm.install(CHART, NAME, values, create_namespace=True, timeout=WAIT_S, **more)


def upgrade(helm: helm_python.Config, values: dict[str, Any], **more: Any) -> Document:
    return helm.upgrade(CHART, NAME, values, timeout=WAIT_S, **more)


def left(cluster: Cluster) -> set[tuple[str, str]]:
    """What is there beside Helm's own records."""
    return {found for found in cluster.objects(NAMESPACE) if not found[1].startswith("sh.helm.release.")}


def key_of(cluster: Cluster) -> bytes:
    return base64.b64decode(cluster.objects(NAMESPACE)["Secret", f"{NAMED}-keys"]["data"]["trainer"])


def groups(cluster: Cluster) -> dict[str, Document]:
    spec = cluster.objects(NAMESPACE)["RayService", NAMED]["spec"]
    return {group["groupName"]: group for group in spec["rayClusterConfig"]["workerGroupSpecs"]}


@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_what_is_rendered_is_what_is_installed(kubernetes: str) -> None:
    with running(kubernetes) as cluster, cluster.helm(NAMESPACE) as helm:
        assert install(helm, PROFILES["everything"], wait="watcher")["status"] == "deployed"
        hooks = {("Pod", f"{NAMED}-test")}
        expected = {(d["kind"], d["metadata"]["name"]) for d in render(PROFILES["everything"])}
        assert left(cluster) == expected - hooks


def test_a_dry_run_leaves_nothing(cluster: Cluster, helm: helm_python.Config) -> None:
    manifest = install(helm, GPU, dry_run="server")["manifest"]
    assert "kind: RayService" in manifest
    assert cluster.objects(NAMESPACE) == {}


def test_an_upgrade_changes_what_was_changed_and_nothing_else(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, GPU)
    before = cluster.objects(NAMESPACE)
    upgrade(helm, merged(GPU, {"ray": {"ingress": {"maxReplicas": 12}}}))
    after = cluster.objects(NAMESPACE)
    assert groups(cluster)["ingress"]["maxReplicas"] == 12
    changed = {found for found in left(cluster) if after[found].get("spec") != before[found].get("spec")}
    assert changed == {("RayService", NAMED)}


def test_an_upgrade_takes_away_what_is_switched_off(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, merged(GPU, REDIS))
    upgrade(helm, merged(GPU, NO_MONITORING))
    kinds = {kind for kind, _ in left(cluster)}
    assert "RayService" in kinds
    assert not kinds & {"PodMonitor", "PrometheusRule", "StatefulSet", "Service"}


def test_a_rollback_brings_back_what_was(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, GPU)
    before = groups(cluster)
    upgrade(helm, merged(GPU, NO_MONITORING, {"ray": {"ingress": {"maxReplicas": 12}}}))
    helm.rollback(NAME, version=1, timeout=WAIT_S)
    assert groups(cluster) == before
    assert ("PodMonitor", NAMED) in left(cluster)
    assert [release["revision"] for release in helm.history(NAME)] == [1, 2, 3]


def test_the_random_key_survives_upgrade_and_rollback(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, GPU)
    key = key_of(cluster)
    assert len(key) >= 32
    upgrade(helm, merged(GPU, {"ray": {"ingress": {"maxReplicas": 12}}}))
    assert key_of(cluster) == key
    helm.rollback(NAME, version=1, timeout=WAIT_S)
    assert key_of(cluster) == key


def test_two_installs_have_two_keys(cluster: Cluster) -> None:
    keys = []
    for namespace in ("one", "two"):
        with cluster.helm(namespace) as helm:
            install(helm, CPU)
        data = cluster.objects(namespace)["Secret", f"{NAMED}-keys"]["data"]
        keys.append(data["trainer"])
    assert keys[0] != keys[1]


def test_the_password_of_redis_survives_an_upgrade(cluster: Cluster, helm: helm_python.Config) -> None:
    values = merged(GPU, REDIS)
    install(helm, values)
    before = cluster.objects(NAMESPACE)["Secret", f"{NAMED}-redis"]["data"]
    upgrade(helm, merged(values, {"ray": {"ingress": {"maxReplicas": 12}}}))
    assert cluster.objects(NAMESPACE)["Secret", f"{NAMED}-redis"]["data"] == before


@pytest.mark.parametrize("name", ["default", "cpu", "auth off"])
def test_the_test_pod_finds_all_that_it_names_and_goes(cluster: Cluster, helm: helm_python.Config, name: str) -> None:
    install(helm, PROFILES[name])
    before = left(cluster)
    answer = helm.test(NAME, timeout=WAIT_S)
    assert answer["release"]["name"] == NAME
    asked = [call for call in cluster.calls if call.path.endswith("/pods") or f"/pods/{NAMED}-test" in call.path]
    assert {"DELETE"} <= {call.method for call in asked}
    assert left(cluster) == before


def test_a_test_pod_whose_keys_are_missing_fails(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, merged(GPU, {"auth": {"existingSecret": "nowhere"}}))
    with pytest.raises(helm_python.HelmReleaseError):
        helm.test(NAME, timeout=WAIT_S)


def test_uninstall_leaves_the_weights_and_nothing_else(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, PROFILES["everything"])
    upgrade(helm, merged(PROFILES["everything"], {"ray": {"ingress": {"maxReplicas": 12}}}))
    helm.uninstall(NAME, wait="watcher", timeout=WAIT_S)
    assert set(cluster.objects(NAMESPACE)) == {("PersistentVolumeClaim", f"{NAMED}-models")}


def test_uninstall_leaves_nothing_when_the_weights_are_not_to_be_kept(
    cluster: Cluster, helm: helm_python.Config
) -> None:
    install(helm, merged(GPU, {"modelCache": {"keep": False}}))
    helm.uninstall(NAME, wait="watcher", timeout=WAIT_S)
    assert cluster.objects(NAMESPACE) == {}


def test_what_is_installed_again_takes_the_kept_weights(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, GPU)
    claim = cluster.objects(NAMESPACE)["PersistentVolumeClaim", f"{NAMED}-models"]["metadata"]["uid"]
    helm.uninstall(NAME, timeout=WAIT_S)
    install(helm, GPU)
    assert cluster.objects(NAMESPACE)["PersistentVolumeClaim", f"{NAMED}-models"]["metadata"]["uid"] == claim


def test_without_the_prometheus_operator_the_default_is_refused_by_name() -> None:
    with running(without=frozenset({"monitoring.coreos.com"})) as cluster, cluster.helm(NAMESPACE) as helm:
        with pytest.raises(helm_python.HelmError, match="PodMonitor"):
            install(helm, GPU)
        assert left(cluster) == set()
        assert install(helm, merged(GPU, NO_MONITORING))["status"] == "deployed"


def test_without_kuberay_nothing_is_installed() -> None:
    with running(without=frozenset({"ray.io"})) as cluster, cluster.helm(NAMESPACE) as helm:
        with pytest.raises(helm_python.HelmError, match="RayService"):
            install(helm, CPU)
        assert left(cluster) == set()


def test_what_cannot_change_is_refused_by_name(cluster: Cluster, helm: helm_python.Config) -> None:
    install(helm, GPU)
    with pytest.raises(helm_python.HelmError, match="cannot change"):
        upgrade(helm, merged(GPU, {"modelCache": {"storageClass": "fast"}}))


def test_an_object_that_is_not_valid_is_refused_by_name(cluster: Cluster, helm: helm_python.Config) -> None:
    broken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "dato": {}}
    with pytest.raises(helm_python.HelmError, match="dato"):
        install(helm, merged(GPU, {"extraObjects": [broken]}))
