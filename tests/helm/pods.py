"""The pods of a rendered release: whose they are, how many there may be, and what they take."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.helm.documents import Document, of_kind
from tests.helm.schemas.meaning import pods
from tests.helm.schemas.quantity import amount


class Pod(NamedTuple):
    """A template of pods."""

    owner: str
    """kind and name of the object, and the group of a Ray cluster"""
    labels: dict[str, str]
    spec: Document

    @property
    def containers(self) -> list[Document]:
        """All of them."""
        return [*(self.spec.get("initContainers") or []), *self.spec["containers"]]

    @property
    def limits(self) -> dict[str, float]:
        """What the scheduler sets aside and the kernel allows at most, of all containers that run at a time."""
        running = [c for c in self.spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"]
        total: Counter[str] = Counter()
        for container in [*running, *self.spec["containers"]]:
            total.update({name: float(amount(most)) for name, most in container["resources"]["limits"].items()})
        return dict(total)


class Group(NamedTuple):
    """Workers of a RayService."""

    name: str
    pod: Pod
    first: int
    least: int
    most: int
    offers: dict[str, float]
    """of one pod, as Ray counts: CPU, GPU, and custom resources"""


def all_pods(documents: list[Document]) -> list[Pod]:
    """Every pod of a release, hooks and jobs too."""
    return [
        Pod(f"{document['kind']} {document['metadata']['name']} {path}", _labels(document, template), template["spec"])
        for document in documents
        for path, template in pods(document)
    ]


def ray_pods(documents: list[Document]) -> dict[str, Pod]:
    """Those of the RayService, by the group that their label names."""
    return {pod.labels["medreward.io/group"]: pod for pod in all_pods(of_kind(documents, "RayService"))}


def groups(documents: list[Document]) -> Iterator[Group]:
    """The RayService's groups of workers."""
    (service,) = of_kind(documents, "RayService")
    cluster = service["spec"]["rayClusterConfig"]
    for spec in cluster["workerGroupSpecs"]:
        pod = Pod(spec["groupName"], spec["template"]["metadata"]["labels"], spec["template"]["spec"])
        (ray,) = (container for container in pod.spec["containers"] if container["name"] == "ray-worker")
        scaled = cluster["enableInTreeAutoscaling"]
        most = spec["maxReplicas"] if scaled else spec["replicas"]
        yield Group(spec["groupName"], pod, spec["replicas"], spec["minReplicas"], most, _offers(spec, ray))


def _offers(spec: Document, ray: Document) -> dict[str, float]:
    """Of what the group does not say itself, KubeRay derives cores from the limit, and GPUs too."""
    said = {name: float(value) for name, value in (spec.get("resources") or {}).items()}
    limits = ray["resources"]["limits"]
    derived = {"CPU": float(math.ceil(amount(limits.get("cpu") or ray["resources"]["requests"]["cpu"])))}
    derived["GPU"] = float(sum(amount(value) for name, value in limits.items() if name.endswith("/gpu")))
    return {**derived, **said}


def _labels(document: Document, template: Document) -> dict[str, str]:
    labels = dict((template.get("metadata") or {}).get("labels") or {})
    if document["kind"] == "RayService":
        # of the operator, on every pod of a cluster
        labels["ray.io/cluster"] = document["metadata"]["name"]
    return labels


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a Kubernetes label selector means these labels."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for term in selector.get("matchExpressions") or []:
        present, among = term["key"] in labels, labels.get(term["key"]) in term.get("values", [])
        means = {"Exists": present, "DoesNotExist": not present, "In": among, "NotIn": not among}
        if not means[term["operator"]]:
            return False
    return True
