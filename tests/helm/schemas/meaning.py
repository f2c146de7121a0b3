"""What an API server checks beyond its schemas, as far as a chart can get it wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.helm.documents import Document
from tests.helm.schemas.custom import pod_templates
from tests.helm.schemas.quantity import amount

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?")
_ENTRY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_PORT_NAME = re.compile(r"(?=[-a-z0-9]{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")


def problems(document: Document) -> list[str]:
    """Every such fault of a document that holds to its schema, as ``path: reason``."""
    found = list(_metadata("metadata", document["metadata"]))
    name = document["metadata"].get("name", "")
    if not _NAME.fullmatch(name) or len(name) > (63 if document["kind"] == "Service" else 253):
        found.append(f"metadata.name: {name!r} is no name for a {document['kind']}")
    if document["kind"] in ("ConfigMap", "Secret"):
        keys = [key for field in ("data", "stringData", "binaryData") for key in document.get(field) or {}]
        found += [f"data: {key!r} cannot be an entry" for key in keys if not _ENTRY.fullmatch(key)]
    if document["kind"] == "Ingress":
        hosts = [rule.get("host", "") for rule in document["spec"].get("rules") or []]
        found += [
            f"spec.rules: {host!r} is no host" for host in hosts if host and not _NAME.fullmatch(host.lstrip("*."))
        ]
    # each pod of a StatefulSet has a volume for each of its claims
    claimed = [claim["metadata"]["name"] for claim in (document.get("spec") or {}).get("volumeClaimTemplates") or []]
    for path, template in pods(document):
        found += _metadata(f"{path}.metadata", template.get("metadata") or {})
        found += [f"{path}.{problem}" for problem in _pod(template["spec"], claimed)]
    for path, resources in _all_resources(document, ""):
        found += [f"{path}: {problem}" for problem in _resources(resources)]
    return found


def pods(document: Document) -> Iterator[tuple[str, Document]]:
    """The pod, or pod templates, of a document, each with its path."""
    spec = document.get("spec") or {}
    if document["kind"] == "Pod":
        yield "", document
    elif "template" in spec:
        yield "spec.template", spec["template"]
    yield from pod_templates(document)


def _metadata(path: str, metadata: Document) -> Iterator[str]:
    for key, value in (metadata.get("labels") or {}).items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            yield f"{path}.labels: {key}={value!r} is no label"
    for key in metadata.get("annotations") or {}:
        if not _LABEL_KEY.fullmatch(key):
            yield f"{path}.annotations: {key!r} is no key"


def _pod(spec: Document, claimed: list[str]) -> Iterator[str]:
    volumes = [*(volume["name"] for volume in spec.get("volumes") or []), *claimed]
    containers = [*(spec.get("initContainers") or []), *spec["containers"]]
    names = [container["name"] for container in containers]
    for kind, present in (("volumes", volumes), ("containers", names)):
        yield from (f"spec.{kind}: {name!r} stands {n} times" for name, n in Counter(present).items() if n > 1)
    for container in containers:
        path = f"spec.{container['name']}"
        yield from (
            f"{path}.volumeMounts: there is no volume {mount['name']!r}"
            for mount in container.get("volumeMounts") or []
            if mount["name"] not in volumes
        )
        repeated = {
            "env": Counter(item["name"] for item in container.get("env") or []),
            "volumeMounts": Counter(item["mountPath"] for item in container.get("volumeMounts") or []),
            "ports": Counter(item.get("name", item["containerPort"]) for item in container.get("ports") or []),
        }
        for field, counted in repeated.items():
            yield from (f"{path}.{field}: {name!r} stands {n} times" for name, n in counted.items() if n > 1)
        for port in container.get("ports") or []:
            if not _PORT_NAME.fullmatch(port.get("name", "any")):
                yield f"{path}.ports: {port['name']!r} is no port's name"


def _all_resources(value: Any, path: str) -> Iterator[tuple[str, Document]]:
    """Every ``resources`` with requests or limits."""
    if isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}".lstrip(".")
            if key == "resources" and isinstance(item, dict) and item.keys() & {"requests", "limits"}:
                yield here, item
            else:
                yield from _all_resources(item, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _all_resources(item, f"{path}[{index}]")


def _resources(resources: Document) -> Iterator[str]:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    try:
        asked = {name: amount(value) for name, value in requests.items()}
        most = {name: amount(value) for name, value in limits.items()}
    except ValueError as error:
        yield str(error)
        return
    above = (name for name in asked if name in most and asked[name] > most[name])
    yield from (f"{name}: more is requested than the limit" for name in above)
    # of what cannot be shared, such as a GPU, both must be the same
    unequal = (name for name in {*asked, *most} if "/" in name and asked.get(name, most.get(name)) != most.get(name))
    yield from (f"{name}: limit and request differ" for name in unequal)
