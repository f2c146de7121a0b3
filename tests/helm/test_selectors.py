"""Whatever selects pods, or names a port of them, finds those that it means and no others."""

from __future__ import annotations

import pytest
import yaml

from tests.helm.chart import render
from tests.helm.documents import Document, of_kind, the
from tests.helm.pods import Pod, all_pods, groups, ray_pods, selects
from tests.helm.profiles import PROFILES

profile = pytest.mark.parametrize("name", PROFILES)
SERVE = "demo-medreward-serve"


def selected(selector: Document, found: list[Document]) -> list[Pod]:
    return [pod for pod in all_pods(found) if selects(selector, pod.labels)]


def port_names(pod: Pod) -> set[str]:
    return {port["name"] for container in pod.containers for port in container.get("ports") or []}


@profile
def test_a_service_of_the_charts_own_selects_one_kind_of_pod(name: str) -> None:
    found = render(PROFILES[name])
    for service in of_kind(found, "Service"):
        (pod,) = selected({"matchLabels": service["spec"]["selector"]}, found)
        assert all(port["targetPort"] in port_names(pod) for port in service["spec"]["ports"])


@profile
def test_a_stateful_set_selects_its_own_pods(name: str) -> None:
    for document in of_kind(render(PROFILES[name]), "StatefulSet"):
        assert selects(document["spec"]["selector"], document["spec"]["template"]["metadata"]["labels"])
        assert the(render(PROFILES[name]), "Service", document["spec"]["serviceName"])


@profile
def test_a_disruption_budget_protects_one_group_and_lets_a_node_be_drained(name: str) -> None:
    found = render(PROFILES[name])
    least = {group.name: group.least for group in groups(found)}
    tolerant = "gcsFaultToleranceOptions" in the(found, "RayService")["spec"]["rayClusterConfig"]
    for budget in of_kind(found, "PodDisruptionBudget"):
        (pod,) = selected(budget["spec"]["selector"], found)
        group = pod.labels["medreward.io/group"]
        # pods of a custom resource without a scale subresource cannot be counted
        assert "maxUnavailable" not in budget["spec"]
        if group == "head":
            assert not tolerant
        else:
            assert 1 <= budget["spec"]["minAvailable"] < least[group], group


@profile
def test_network_policies_leave_only_the_test_pod_open(name: str) -> None:
    found = render(PROFILES[name])
    policies = of_kind(found, "NetworkPolicy")
    if not policies:
        return
    open_pods = [
        pod.owner for pod in all_pods(found) if not any(selects(p["spec"]["podSelector"], pod.labels) for p in policies)
    ]
    # the test pod asks: nobody asks it
    assert all(owner.startswith("Pod ") for owner in open_pods), open_pods
    for policy in policies:
        pods = selected(policy["spec"]["podSelector"], found)
        assert pods, policy["metadata"]["name"]
        # a trainer fetches models and reports to trackers wherever they are
        trains = all(pod.owner.startswith("RayJob ") for pod in pods)
        assert set(policy["spec"]["policyTypes"]) == ({"Ingress"} if trains else {"Ingress", "Egress"})


@profile
def test_the_pod_monitor_finds_every_ray_pod_and_its_ports(name: str) -> None:
    found = render(PROFILES[name])
    for monitor in of_kind(found, "PodMonitor"):
        pods = selected(monitor["spec"]["selector"], found)
        assert {pod.labels.get("medreward.io/group") for pod in pods} == set(ray_pods(found))
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            assert all(endpoint["port"] in port_names(pod) for pod in pods), endpoint
        # one target a pod: what has two would be counted twice by a sum over pods
        assert len(monitor["spec"]["podMetricsEndpoints"]) == 1


@profile
def test_the_pod_monitor_may_reach_what_it_scrapes(name: str) -> None:
    found = render(PROFILES[name])
    for monitor in of_kind(found, "PodMonitor"):
        named = {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]}
        ports = {
            port["containerPort"]
            for pod in ray_pods(found).values()
            for container in pod.containers
            for port in container.get("ports") or []
            if port["name"] in named
        }
        rules = [rule for policy in of_kind(found, "NetworkPolicy") for rule in policy["spec"]["ingress"]]
        opened = {port["port"] for rule in rules for port in rule.get("ports") or []}
        assert not rules or ports <= opened


@profile
def test_routes_lead_to_ports_of_the_serve_service(name: str) -> None:
    found = render(PROFILES[name])
    service = the(found, "RayService")["spec"]["serveService"]["spec"]
    ports = {port["port"] for port in service["ports"]}
    backends = [
        (backend["name"], backend["port"])
        for kind in ("HTTPRoute", "GRPCRoute")
        for route in of_kind(found, kind)
        for rule in route["spec"]["rules"]
        for backend in rule["backendRefs"]
    ]
    backends += [
        (path["backend"]["service"]["name"], path["backend"]["service"]["port"]["number"])
        for ingress in of_kind(found, "Ingress")
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
    assert all(backend_name == SERVE and port in ports for backend_name, port in backends), backends


@profile
def test_the_serve_config_listens_where_the_service_sends(name: str) -> None:
    spec = the(render(PROFILES[name]), "RayService")["spec"]
    config = yaml.safe_load(spec["serveConfigV2"])
    sent = {port["targetPort"] for port in spec["serveService"]["spec"]["ports"]}
    assert sent == {config["http_options"]["port"], config["grpc_options"]["port"]}
    assert config["http_options"]["host"] == "0.0.0.0"


@profile
def test_spread_constraints_count_the_pods_that_they_spread(name: str) -> None:
    found = render(PROFILES[name])
    for group, pod in ray_pods(found).items():
        for constraint in pod.spec.get("topologySpreadConstraints") or []:
            counted = {p.labels["medreward.io/group"] for p in selected(constraint["labelSelector"], found)}
            assert counted == {group}


def test_releases_of_one_namespace_do_not_select_each_other() -> None:
    first, second = (render(PROFILES["everything"], release) for release in ("one", "two"))
    selectors = [p["spec"]["podSelector"] for p in of_kind(first, "NetworkPolicy")]
    selectors += [b["spec"]["selector"] for b in of_kind(first, "PodDisruptionBudget")]
    selectors += [m["spec"]["selector"] for m in of_kind(first, "PodMonitor")]
    selectors += [{"matchLabels": s["spec"]["selector"]} for s in of_kind(first, "Service")]
    assert len(selectors) > 5
    assert not [selector for selector in selectors if selected(selector, second)]
