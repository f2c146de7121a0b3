"""No pod may do what it need not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helm.chart import merged, render
from tests.helm.documents import Document, of_kind
from tests.helm.pods import Pod, all_pods, ray_pods
from tests.helm.profiles import GPU, PROFILES

profile = pytest.mark.parametrize("name", PROFILES)


def containers(name: str) -> Iterator[tuple[str, Document]]:
    """Every container, and the one that the operator adds to the head."""
    found = render(PROFILES[name])
    for pod in all_pods(found):
        for container in pod.containers:
            yield f"{pod.owner} {container['name']}", container
    (service,) = of_kind(found, "RayService")
    cluster = service["spec"]["rayClusterConfig"]
    if cluster["enableInTreeAutoscaling"]:
        yield "autoscaler", cluster["autoscalerOptions"]


@profile
def test_no_pod_runs_as_root(name: str) -> None:
    for pod in all_pods(render(PROFILES[name])):
        context = pod.spec["securityContext"]
        assert context["runAsNonRoot"] is True, pod.owner
        assert context["runAsUser"] > 0, pod.owner
        assert context["runAsGroup"] > 0, pod.owner
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, pod.owner
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys(), pod.owner
        assert not [volume for volume in pod.spec["volumes"] if "hostPath" in volume], pod.owner


@profile
def test_no_container_may_become_more_or_write_its_root(name: str) -> None:
    for owner, container in containers(name):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, owner
        assert context["readOnlyRootFilesystem"] is True, owner
        assert context["capabilities"] == {"drop": ["ALL"]}, owner
        assert not context.get("privileged"), owner
        assert context.get("runAsUser", 1) > 0, owner


@profile
def test_every_container_says_what_it_needs_and_may_take(name: str) -> None:
    for owner, container in containers(name):
        for bound in ("requests", "limits"):
            assert {"cpu", "memory"} <= container["resources"][bound].keys(), owner


@profile
def test_only_the_head_has_a_token_and_only_for_its_autoscaler(name: str) -> None:
    found = render(PROFILES[name])
    (service,) = of_kind(found, "RayService")
    scaled = service["spec"]["rayClusterConfig"]["enableInTreeAutoscaling"]
    for pod in all_pods(found):
        needed = scaled and pod.labels.get("medreward.io/group") == "head"
        assert pod.spec["automountServiceAccountToken"] is needed, pod.owner
    assert all(account["automountServiceAccountToken"] is False for account in of_kind(found, "ServiceAccount"))


def writable(pod: Pod, container: Document) -> set[str]:
    kinds = {volume["name"]: volume for volume in pod.spec["volumes"]}
    return {
        mount["mountPath"]
        for mount in container.get("volumeMounts") or []
        if not mount.get("readOnly") and not {"secret", "configMap"} & kinds.get(mount["name"], {}).keys()
    }


@profile
def test_what_is_written_lies_on_volumes(name: str) -> None:
    for pod in all_pods(render(PROFILES[name])):
        for container in pod.containers:
            places = writable(pod, container)
            paths = [v["value"] for v in container.get("env") or [] if v["name"] in ("HOME", "HF_HOME")]
            if container["name"].startswith("ray-"):
                assert {"/tmp", "/dev/shm"} <= places, pod.owner
                assert paths, pod.owner
            assert all(any(f"{path}/".startswith(f"{place}/") for place in places) for path in paths), pod.owner


@profile
def test_keys_are_read_by_the_ingress_alone(name: str) -> None:
    found = render(PROFILES[name])
    readers = {
        group
        for group, pod in ray_pods(found).items()
        if any("/keys" in mount["mountPath"] for c in pod.containers for mount in c.get("volumeMounts") or [])
    }
    open_to_all = PROFILES[name].get("auth", {}).get("enabled") is False
    assert readers == (set() if open_to_all else {"ingress"})


def test_no_secret_stands_in_plain_text_anywhere() -> None:
    key = "plain-" + "k" * 32
    values = merged(GPU, {"auth": {"keys": {"trainer": key}}})
    assert key not in str(render(values))


def test_the_dashboard_is_open_to_the_operator_alone() -> None:
    rules = [
        rule
        for policy in of_kind(render(GPU), "NetworkPolicy")
        for rule in policy["spec"]["ingress"]
        if any(port["port"] == 8265 for port in rule.get("ports") or [])
    ]
    (rule,) = rules
    (source,) = rule["from"]
    assert source["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "kuberay-operator"


def test_trainers_reach_the_two_ports_and_no_other() -> None:
    trainers = {"matchLabels": {"medreward.io/trainer": "true"}}
    ports = {
        port["port"]
        for policy in of_kind(render(GPU), "NetworkPolicy")
        for rule in policy["spec"]["ingress"]
        if any(source.get("namespaceSelector") == trainers for source in rule["from"])
        for port in rule["ports"]
    }
    assert ports == {8000, 9000}


def test_offline_no_pod_reaches_the_hub() -> None:
    values = merged(GPU, {"huggingFace": {"offline": True}, "ray": {"autoscaler": {"enabled": False}}})
    ports = [
        port["port"]
        for policy in of_kind(render(values), "NetworkPolicy")
        for rule in policy["spec"]["egress"]
        for port in rule.get("ports") or []
    ]
    assert 443 not in ports
    assert 53 in ports
