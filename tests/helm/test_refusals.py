"""Wrong values: each is refused before anything is installed, in words that name it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helm.chart import Values, defaults, merged, refusal, render
from tests.helm.profiles import CPU, GATEWAY, GPU, H200, INGRESS, TRAINER

VLLM = "config.judge.vllm"


def nested(path: str, value: Any) -> Values:
    for key in reversed(path.split(".")):
        value = {key: value}
    result: Values = value
    return result


# values that are wrong by themselves: where, what, and words of the message
WRONG: list[tuple[str, Any, list[str]]] = [
    ("ray.ingress.minReplicas", 9, ["ray.ingress", "minReplicas (9)"]),
    ("ray.ingress.maxReplicas", 1, ["ray.ingress", "maxReplicas (1)"]),
    ("ray.ingress.replicas", -1, ["/ray/ingress/replicas", "-1"]),
    ("ray.judge.replicas", 1.5, ["/ray/judge/replicas"]),
    ("ray.scorer.minReplicas", 3, ["ray.scorer", "minReplicas (3)"]),
    ("ray.judge.gpus", 2, [f"{VLLM}.tensor_parallel_size", "ray.judge.gpus"]),
    ("ray.judge.gpus", 6, ["ray.judge.gpus", "6", f"{VLLM}.tensor_parallel_size"]),
    ("ray.judge.gpus", 0, ["ray.judge.gpus", "0"]),
    (f"{VLLM}.tensor_parallel_size", 8, [f"{VLLM}.tensor_parallel_size", "8"]),
    (f"{VLLM}.replicas", 3, [f"{VLLM}.replicas", "3"]),
    (f"{VLLM}.revision", "", [f"{VLLM}.revision", "required"]),
    (f"{VLLM}.revision", "main", [f"{VLLM}.revision", "40 hexadecimal digits"]),
    (f"{VLLM}.engine_kwargs", "fast", ["/config/judge/vllm/engine_kwargs"]),
    ("ray.judge.resources.limits.cpu", "4", ["ray.judge.resources", "cores"]),
    ("ray.judge.sharedMemory", "500Gi", ["ray.judge.sharedMemory", "500Gi"]),
    ("ray.head.sharedMemory", "16Mi", ["ray.head.sharedMemory", "16Mi"]),
    ("ray.ingress.rayStartParams", {"num-cpus": "64"}, ["ray.ingress.rayStartParams.num-cpus"]),
    ("ray.judge.env", [{"name": "HF_TOKEN", "value": "x"}], ["ray.judge.env", "HF_TOKEN"]),
    ("ray.ingress.env", [{"name": "MEDREWARD_AUTH__ALLOW_ANONYMOUS", "value": "1"}], ["MEDREWARD_AUTH"]),
    ("ray.gcsFaultTolerance.enabled", True, ["ray.gcsFaultTolerance.address", "redis.enabled"]),
    ("serve.gracefulShutdownSeconds", 300, ["serve.gracefulShutdownSeconds", "300", "max_deadline_ms"]),
    ("config.limits.max_deadline_ms", 700_000, ["serve.gracefulShutdownSeconds", "700000"]),
    ("serve.oldClusterSeconds", 600, ["serve.oldClusterSeconds", "600"]),
    ("serve.grpcPort", 8000, ["serve.grpcPort", "8000"]),
    ("serve.httpPort", 6379, ["serve.httpPort", "6379"]),
    ("serve.httpPort", "8000", ["/serve/httpPort"]),
    ("serve.upgradeStrategy", "Rolling", ["/serve/upgradeStrategy", "NewCluster"]),
    ("config.judge.engine", "gpt", ["/config/judge/engine", "embedded"]),
    ("config.ingress.replicas", 0, ["/config/ingress/replicas"]),
    ("config.ingress.replicas", 40, ["config.ingress.replicas", "40"]),
    ("config.ingress.cpus", 7, ["config.ingress.cpus", "ray.ingress.resources"]),
    ("config.scorer.gpus", 2, ["config.scorer.gpus", "ray.scorer.gpus"]),
    ("config.scorer.autoscaling", {"max_replicas": 9, "target_ongoing_requests": 2}, ["autoscaling.max_replicas", "9"]),
    ("config.auth", {"allow_anonymous": True}, ["config.auth"]),
    ("config.audit", {"dir": "/elsewhere"}, ["config.audit.dir"]),
    ("config.audit", {"texts": True}, ["audit.enabled"]),
    ("audit.enabled", True, ["config.audit.keep_mib", "audit.size"]),
    ("audit.existingClaim", "mine", ["audit.enabled"]),
    ("config.drain_s", 5, ["config.drain_s"]),
    ("config.metrics_dir", "/elsewhere", ["config.metrics_dir"]),
    ("config.ingress.resources", {"gold": 1}, ["config.ingress.resources"]),
    ("config.http", {"port": 9}, ["config.http"]),
    ("modelCache.accessModes", ["ReadWriteOnce"], ["modelCache.accessModes", "ReadWriteOnce"]),
    ("modelCache.accessModes", ["Everyone"], ["/modelCache/accessModes"]),
    ("modelCache.size", "big", ["/modelCache/size"]),
    ("auth", {"existingSecret": "ours", "keys": {"a": "k" * 32}}, ["auth.keys", "auth.existingSecret"]),
    ("auth", {"enabled": False, "keys": {"a": "k" * 32}}, ["auth.enabled"]),
    ("auth.keys", {"a": "short"}, ["auth", "keys", "a"]),
    ("auth.keys", {"../a": "k" * 32}, ["../a"]),
    ("trainer.enabled", True, ["trainer.dataClaim"]),
    ("gateway.enabled", True, ["gateway.parentRefs"]),
    ("ingress.enabled", True, ["ingress.hosts"]),
    ("service.type", "ExternalName", ["/service/type"]),
    ("images.rewards.digest", "latest", ["/images/rewards/digest"]),
    ("images.rewards.pullPolicy", "Sometimes", ["/images/rewards/pullPolicy"]),
    ("monitoring.podMonitor.interval", "often", ["/monitoring/podMonitor/interval"]),
    ("networkPolicy.hubCidrs", ["everywhere"], ["/networkPolicy/hubCidrs"]),
    ("security.runAsUser", 0, ["/security/runAsUser"]),
    ("podDisruptionBudget.maxUnavailable", 0, ["/podDisruptionBudget/maxUnavailable"]),
    ("fullnameOverride", "x" * 48, ["48", "47"]),
    ("fullnameOverride", "Upper", ["Upper"]),
]
# values that are wrong beside others
BESIDE: list[tuple[str, Values, list[str]]] = [
    (
        "trainer without a place for checkpoints",
        merged(TRAINER, nested("trainer.outputClaim", "")),
        ["trainer.outputClaim"],
    ),
    (
        "trainer of a paper that is none",
        merged(TRAINER, nested("trainer.recipe", "other")),
        ["/trainer/recipe", "gemex"],
    ),
    ("route to no gateway", merged(GATEWAY, nested("gateway.parentRefs", [])), ["gateway.parentRefs"]),
    ("ingress of a host that is none", merged(INGRESS, nested("ingress.hosts", ["a b"])), ["/ingress/hosts"]),
    (
        "weights from nowhere",
        {"huggingFace": {"offline": True}, "modelCache": {"enabled": False}},
        ["huggingFace.offline", "modelCache.enabled"],
    ),
    (
        "one judge pod whose volume two clusters would mount",
        {"ray": {"judge": {"maxReplicas": 1}}, "modelCache": {"accessModes": ["ReadWriteOnce"]}},
        ["modelCache.accessModes", "NewCluster"],
    ),
]
# mappings that belong to the user, whose keys nobody can know
FREE = {
    "affinity",
    "annotations",
    "commonAnnotations",
    "commonLabels",
    "keys",
    "labels",
    "limits",
    "nodeSelector",
    "rayStartParams",
    "requests",
}


@pytest.mark.parametrize(("path", "value", "words"), WRONG, ids=[f"{path}={value}" for path, value, _ in WRONG])
def test_a_wrong_value_is_refused_by_name(path: str, value: Any, words: list[str]) -> None:
    said = refusal(merged(GPU, nested(path, value)))
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize(("values", "words"), [case[1:] for case in BESIDE], ids=[case[0] for case in BESIDE])
def test_values_that_do_not_go_together_are_refused_by_name(values: Values, words: list[str]) -> None:
    said = refusal(merged(GPU, values))
    assert [word for word in words if word not in said] == [], said


def mappings(values: Values, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every mapping of the values whose keys the chart decides."""
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and key not in FREE:
            yield from mappings(value, (*path, key))


@pytest.mark.parametrize("path", list(mappings(defaults())), ids=".".join)
def test_an_unknown_key_is_refused_at_every_level(path: tuple[str, ...]) -> None:
    said = refusal(merged(GPU, nested(".".join([*path, "surplus"]), 1)))
    assert "surplus" in said
    assert "/" + "/".join(path) in said or not path


@pytest.mark.parametrize(
    "section", ["ingress", "limits", "judge", "judge.vllm", "judge.cache", "judge.openai", "scorer"]
)
def test_an_unknown_setting_of_the_application_is_refused(section: str) -> None:
    assert "surplus" in refusal(merged(GPU, nested(f"config.{section}.surplus", 1)))


def leaves(values: Values, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every value that is no mapping of the chart's own."""
    for key, value in values.items():
        if isinstance(value, dict) and key not in FREE:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


@pytest.mark.parametrize("path", [path for path in leaves(defaults()) if path != ("extraObjects",)], ids=".".join)
def test_a_value_of_another_type_is_refused_by_its_path(path: tuple[str, ...]) -> None:
    # no value of the chart is a list of lists
    said = refusal(merged(GPU, nested(".".join(path), [[]])))
    assert "/" + "/".join(path) in said


@pytest.mark.parametrize("name", ["a" * 50, "Upper", "9lives"])
def test_a_release_whose_name_kuberay_would_refuse_is_refused(name: str) -> None:
    assert name in refusal(GPU, name)


def test_a_name_of_47_characters_is_taken() -> None:
    (service,) = (d for d in render(GPU, "a" * 37) if d["kind"] == "RayService")
    assert len(service["metadata"]["name"]) == 47


def test_all_problems_are_told_at_once() -> None:
    said = refusal({"serve": {"gracefulShutdownSeconds": 300}, "ray": {"ingress": {"minReplicas": 9}}})
    for word in (f"{VLLM}.revision", "serve.gracefulShutdownSeconds", "minReplicas (9)"):
        assert word in said


@pytest.mark.parametrize("values", [GPU, CPU, H200], ids=["default", "cpu", "h200"])
def test_the_profiles_themselves_are_taken(values: Values) -> None:
    assert render(values)


def test_the_default_says_what_only_the_user_can_know() -> None:
    assert f"{VLLM}.revision" in refusal({})
