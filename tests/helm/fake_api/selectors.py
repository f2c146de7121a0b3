"""Which objects a list or a watch is about."""

from __future__ import annotations

import re

from tests.helm.documents import Document

_COMMA = re.compile(r",(?![^(]*\))")
_SET = re.compile(r"(?P<key>\S+) (?P<verb>in|notin) \((?P<values>.*)\)")


def matches(document: Document, labels: str, fields: str) -> bool:
    """Whether an object is meant by ``labelSelector`` and ``fieldSelector`` of a query.

    Raises:
        ValueError: a field is asked for that cannot select.
    """
    metadata = document["metadata"]
    present = metadata.get("labels") or {}
    if labels and not all(_requires(term.strip(), present) for term in _COMMA.split(labels)):
        return False
    known = {f"metadata.{name}": metadata.get(name, "") for name in ("name", "namespace")}
    for term in filter(None, fields.split(",")):
        key, value = re.split("==?", term)
        if key not in known:
            raise ValueError(f"{key} cannot select")
        if known[key] != value:
            return False
    return True


def _requires(term: str, labels: dict[str, str]) -> bool:
    if found := _SET.fullmatch(term):
        among = labels.get(found["key"]) in [value.strip() for value in found["values"].split(",")]
        return among == (found["verb"] == "in")
    if "!=" in term:
        key, value = term.split("!=")
        return labels.get(key) != value
    if "=" in term:
        key, value = re.split("==?", term)
        return labels.get(key) == value
    return term[1:] not in labels if term.startswith("!") else term in labels
