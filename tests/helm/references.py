"""What a pod names that must exist beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.helm.documents import Document


class Reference(NamedTuple):
    """An object of the pod's namespace."""

    kind: str
    name: str
    optional: bool = False


def of_pod(spec: Document) -> Iterator[Reference]:
    """Every object that the pod's spec names."""
    if "serviceAccountName" in spec:
        yield Reference("ServiceAccount", spec["serviceAccountName"])
    for secret in spec.get("imagePullSecrets") or []:
        yield Reference("Secret", secret["name"])
    for volume in spec.get("volumes") or []:
        yield from _of_volume(volume)
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        for variable in container.get("env") or []:
            yield from of_variable(variable)
        for source in container.get("envFrom") or []:
            yield from _named(source, {"configMapRef": "ConfigMap", "secretRef": "Secret"})


def of_variable(variable: Document) -> Iterator[Reference]:
    """What a variable of the environment, or another field with ``valueFrom``, is read from."""
    source = variable.get("valueFrom") or {}
    yield from _named(source, {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"})


def _of_volume(volume: Document) -> Iterator[Reference]:
    if "secret" in volume:
        yield Reference("Secret", volume["secret"]["secretName"], bool(volume["secret"].get("optional")))
    if "persistentVolumeClaim" in volume:
        yield Reference("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
    yield from _named(volume, {"configMap": "ConfigMap"})
    for source in (volume.get("projected") or {}).get("sources") or []:
        yield from _named(source, {"configMap": "ConfigMap", "secret": "Secret"})


def _named(source: Document, kinds: dict[str, str]) -> Iterator[Reference]:
    for field, kind in kinds.items():
        if field in source:
            yield Reference(kind, source[field]["name"], bool(source[field].get("optional")))
