"""What the controllers of a real cluster would write into an object's status, done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.helm.documents import Document
from tests.helm.references import of_pod

Exists = Callable[[str, str], bool]
"""kind, name: whether the namespace has it"""
_HOOK = "helm.sh/hook"


def status(document: Document, exists: Exists) -> Document | None:
    """The status to be; None where nobody here writes one."""
    controller = _CONTROLLERS.get(document["kind"])
    return controller(document, exists) if controller else None


def _namespace(document: Document, exists: Exists) -> Document:
    return {"phase": "Active"}


def _claim(document: Document, exists: Exists) -> Document:
    spec = document["spec"]
    return {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": spec["resources"]["requests"]}


def _stateful_set(document: Document, exists: Exists) -> Document:
    pods = document["spec"].get("replicas", 1)
    counts = ("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas")
    revisions = {"currentRevision": "1", "updateRevision": "1"}
    return {"observedGeneration": document["metadata"]["generation"], **dict.fromkeys(counts, pods), **revisions}


def _pod(document: Document, exists: Exists) -> Document:
    """A hook's pod has ended; others wait for a scheduler that there is not."""
    if _HOOK not in (document["metadata"].get("annotations") or {}):
        return {"phase": "Pending"}
    lacking = list(_lacking(document, exists))
    if lacking:
        return {"phase": "Failed", "message": f"there is no {', no '.join(lacking)}"}
    return {"phase": "Succeeded"}


def _lacking(document: Document, exists: Exists) -> Iterator[str]:
    for reference in of_pod(document["spec"]):
        # the account named default is made by a controller of every namespace
        needed = not reference.optional and reference != ("ServiceAccount", "default", False)
        if needed and not exists(reference.kind, reference.name):
            yield f"{reference.kind} {reference.name}"


_CONTROLLERS: dict[str, Callable[[Document, Exists], dict[str, Any]]] = {
    "Namespace": _namespace,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "StatefulSet": _stateful_set,
}
