"""Whether a write may be stored."""

from __future__ import annotations

from typing import Any

from tests.helm.documents import Document
from tests.helm.fake_api.errors import Refused
from tests.helm.schemas import problems

# Fields of spec that may change after creation; where a kind is not listed, all may.
_MUTABLE_SPEC = {
    "PersistentVolumeClaim": {"resources", "volumeAttributesClassName"},
    "StatefulSet": {
        "minReadySeconds",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
        "replicas",
        "revisionHistoryLimit",
        "template",
        "updateStrategy",
    },
    "Job": {
        "activeDeadlineSeconds",
        "backoffLimit",
        "completions",
        "parallelism",
        "suspend",
        "ttlSecondsAfterFinished",
    },
}


def check(document: Document, before: Document | None, kubernetes: str) -> None:
    """Passes what a real server would take.

    Raises:
        Refused: it does not hold to its schema, or changes what cannot change.
    """
    # what the server itself has written is not the client's to answer for
    metadata = {k: v for k, v in document["metadata"].items() if k not in ("generation", "creationTimestamp")}
    found = problems({**{k: v for k, v in document.items() if k != "status"}, "metadata": metadata}, kubernetes)
    if before is not None:
        found += _frozen(document, before)
    if found:
        name = f"{document['kind']} {metadata.get('name', '')!r}"
        raise Refused(422, "Invalid", f"{name} is invalid: {'; '.join(found)}")


def _frozen(document: Document, before: Document) -> list[str]:
    kind = document["kind"]
    found = []
    if kind == "Secret" and document.get("type", "Opaque") != before.get("type", "Opaque"):
        found.append("type: cannot change")
    if kind in _MUTABLE_SPEC:
        old, new = _fixed(before, kind), _fixed(document, kind)
        found += [f"spec.{name}: cannot change" for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return found


def _fixed(document: Document, kind: str) -> dict[str, Any]:
    return {name: value for name, value in document["spec"].items() if name not in _MUTABLE_SPEC[kind]}
