"""The judges of the chart's objects can find fault: each fault here is one that a real API server refuses."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import yaml

from tests.helm.chart import render
from tests.helm.documents import Document, parse, the
from tests.helm.needs import KUBERAY
from tests.helm.profiles import PROFILES
from tests.helm.schemas import VERSIONS, problems
from tests.helm.schemas.quantity import amount


def at(document: Any, path: str) -> Any:
    for word in filter(None, path.split(".")):
        document = document[int(word)] if isinstance(document, list) else document[word]
    return document


def put(path: str, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        above, _, last = path.rpartition(".")
        place = at(document, above)
        place[int(last) if isinstance(place, list) else last] = value

    return change


WORKER = "spec.rayClusterConfig.workerGroupSpecs.0"
POD = f"{WORKER}.template.spec"
FAULTS: list[tuple[str, Callable[[Document], None], str]] = [
    ("Secret", put("metadata.labels.a", "no label, for it has spaces"), "metadata.labels"),
    ("Secret", put("metadata.surplus", 1), "surplus"),
    ("Secret", put("metadata.name", "Not_A_Name"), "metadata.name"),
    ("ServiceAccount", put("automountServiceAccountTokens", False), "automountServiceAccountTokens"),
    ("PersistentVolumeClaim", put("spec.resources.requests.storage", "300 GB"), "300 GB"),
    ("PodDisruptionBudget", put("spec.minAvailabel", 1), "minAvailabel"),
    ("NetworkPolicy", put("spec.podSelector.matchLabel", {}), "matchLabel"),
    ("PodMonitor", put("spec.podMetricsEndpoints.0.intervall", "15s"), "intervall"),
    ("PodMonitor", put("spec.podMetricsEndpoints.0.interval", "15 seconds"), "15 seconds"),
    ("PrometheusRule", put("spec.groups.0.rules.0.record", "a:b"), "spec.groups[0].rules[0]"),
    ("PrometheusRule", put("spec.groups.0.rules.0.labels", {"severity": 1}), "severity"),
    ("HTTPRoute", put("spec.rules.0.timeouts.request", "1.5m"), "1.5m"),
    ("HTTPRoute", put("spec.rules.0.backendRefs.0.port", "8000"), "port"),
    ("GRPCRoute", put("spec.rules.0.timeouts", {"request": "10s"}), "timeouts"),
    ("Ingress", put("spec.rules.0.http.paths.0.pathTyp", "Prefix"), "pathTyp"),
    ("Ingress", put("spec.rules.0.host", "a b"), "'a b' is no host"),
    ("StatefulSet", put("spec.template.spec.containers.0.volumeMounts.0.name", "nowhere"), "nowhere"),
    ("Pod", put("spec.containers.0.resources.requests.memory", "1Ti"), "memory"),
    ("Pod", put("spec.containers.0.env", [{"name": "A", "value": "1"}] * 2), "'A' stands 2 times"),
]
RAY_FAULTS: list[tuple[Callable[[Document], None], str]] = [
    (put("spec.serveConfigV3", "x"), "serveConfigV3"),
    (put(f"{WORKER}.replicas", "2"), "replicas"),
    (put(f"{WORKER}.minReplica", 2), "minReplica"),
    (put(f"{POD}.containers.0.surplus", 1), "surplus"),
    (put(f"{POD}.securityContext.runAsRoot", True), "runAsRoot"),
    (put(f"{POD}.containers.0.ports.0.name", "a-name-that-is-too-long"), "a-name-that-is-too-long"),
    (put(f"{POD}.containers.0.volumeMounts.0.name", "nowhere"), "nowhere"),
    (put(f"{POD}.containers.0.resources.limits", {"cpu": "1m"}), "cpu"),
    (put("metadata.labels.a", "-"), "metadata.labels"),
]


@pytest.fixture(scope="module")
def everything() -> list[Document]:
    return render(PROFILES["everything"])


def first(documents: list[Document], kind: str) -> Document:
    return deepcopy(next(document for document in documents if document["kind"] == kind))


@pytest.mark.parametrize(("kind", "fault", "word"), FAULTS, ids=[f"{kind} {word}" for kind, _, word in FAULTS])
def test_a_fault_is_found_and_named(
    everything: list[Document], kind: str, fault: Callable[[Document], None], word: str
) -> None:
    document = first(everything, kind)
    document["metadata"].setdefault("labels", {})
    fault(document)
    for version in VERSIONS:
        assert any(word in problem for problem in problems(document, version)), problems(document, version)


@KUBERAY
@pytest.mark.parametrize(("fault", "word"), RAY_FAULTS, ids=[word for _, word in RAY_FAULTS])
def test_a_fault_of_a_ray_service_is_found_and_named(
    everything: list[Document], fault: Callable[[Document], None], word: str
) -> None:
    document = deepcopy(the(everything, "RayService"))
    fault(document)
    assert any(word in problem for problem in problems(document)), problems(document)


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Surprise"),
        ("policy/v1beta1", "PodDisruptionBudget"),
        ("ray.io/v2", "RayService"),
        ("a/v1", "PodMonitor"),
    ],
)
def test_an_unknown_kind_is_a_problem(api_version: str, kind: str) -> None:
    document = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    assert any(f"{api_version} {kind} is unknown" in problem for problem in problems(document))


def test_a_version_without_schemas_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"1\.99"):
        problems({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, "1.99")


def test_a_key_that_stands_twice_is_an_error() -> None:
    with pytest.raises(yaml.YAMLError, match="'a' stands twice"):
        parse("a: 1\nb: {}\na: 2\n")


@pytest.mark.parametrize(("text", "number"), [("500m", 0.5), ("16Gi", 2**34), ("2", 2), ("1e3", 1000), (4, 4)])
def test_quantities_are_numbers(text: str | int, number: float) -> None:
    assert amount(text) == number


@pytest.mark.parametrize("text", ["", "5 Gi", "Gi", "1Gib", "-"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        amount(text)
