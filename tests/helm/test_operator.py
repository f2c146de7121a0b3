"""What KubeRay's operator asks for and its definitions do not say."""

from __future__ import annotations

import re

import pytest

from tests.helm.chart import render
from tests.helm.documents import Document, of_kind, the
from tests.helm.pods import all_pods, groups
from tests.helm.profiles import PROFILES

profile = pytest.mark.parametrize("name", PROFILES)


def cluster(name: str) -> Document:
    config: Document = the(render(PROFILES[name]), "RayService")["spec"]["rayClusterConfig"]
    return config


@profile
def test_names_are_short_enough_for_what_the_operator_appends(name: str) -> None:
    for document in render(PROFILES[name]):
        if document["kind"] in ("RayService", "RayJob"):
            assert re.fullmatch(r"[a-z]([-a-z0-9]{0,45}[a-z0-9])?", document["metadata"]["name"])


@profile
def test_both_bounds_of_a_group_are_always_set(name: str) -> None:
    for group in cluster(name)["workerGroupSpecs"]:
        assert {"replicas", "minReplicas", "maxReplicas"} <= group.keys()


@profile
def test_with_the_autoscaler_v2_no_pod_is_restarted_in_place(name: str) -> None:
    config = cluster(name)
    if config["enableInTreeAutoscaling"]:
        assert config["autoscalerOptions"]["version"] == "v2"
        for pod in all_pods(of_kind(render(PROFILES[name]), "RayService")):
            assert pod.spec.get("restartPolicy", "Never") == "Never", pod.owner


@profile
def test_the_head_service_keeps_its_name_and_the_operator_its_probes(name: str) -> None:
    assert "name" not in cluster(name)["headGroupSpec"].get("headService", {}).get("metadata", {})
    for pod in all_pods(of_kind(render(PROFILES[name]), "RayService")):
        ray = pod.spec["containers"][0]
        assert not {"livenessProbe", "readinessProbe", "startupProbe"} & ray.keys(), pod.owner


@profile
def test_the_ray_container_comes_first(name: str) -> None:
    for pod in all_pods(render(PROFILES[name])):
        if pod.owner.startswith("Ray"):
            assert pod.spec["containers"][0]["name"] in ("ray-head", "ray-worker"), pod.owner


@profile
def test_ports_of_the_serve_service_are_named_as_the_operator_wants_them(name: str) -> None:
    service = the(render(PROFILES[name]), "RayService")["spec"]["serveService"]
    assert service["metadata"]["name"] == "demo-medreward-serve"
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert ports["serve"] == 8000
    assert 9000 in ports.values()
    assert all(port == "serve" or port.startswith("serve-") for port in ports)


@profile
def test_workers_listen_where_the_service_sends(name: str) -> None:
    service = the(render(PROFILES[name]), "RayService")["spec"]["serveService"]
    sent = {port["targetPort"] for port in service["spec"]["ports"]}
    for group in groups(render(PROFILES[name])):
        ports = {port["containerPort"] for container in group.pod.containers for port in container.get("ports") or []}
        assert sent <= ports, group.name
