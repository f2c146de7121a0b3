"""Pieces of a JSON schema for values."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
HOST: Schema = {
    "type": "string",
    "maxLength": 253,
    "pattern": r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
}
"""a DNS name, or a wildcard"""
FLAG: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
"""as Kubernetes has it; the API server checks what is in it"""
TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
"""labels, annotations, parameters"""
CORES: Schema = {
    "anyOf": [{"type": "string", "pattern": r"^([0-9]+m|[0-9]+(\.[0-9]+)?)$"}, {"type": "number", "minimum": 0}]
}
MEMORY: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$"}
PORT: Schema = {"type": "integer", "minimum": 1024, "maximum": 65535}


def section(**properties: Schema) -> Schema:
    """An object with just these keys, all of which the defaults give, so that none can be taken away."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": sorted(properties),
    }


def whole(least: int, most: int | None = None) -> Schema:
    """An integer between bounds."""
    return {"type": "integer", "minimum": least, **({} if most is None else {"maximum": most})}


def choice(*values: str) -> Schema:
    """One of these words."""
    return {"enum": list(values)}


def several(items: Schema, least: int = 0) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def named() -> Schema:
    """A Kubernetes object with a name, as environment variables and volumes are."""
    return {"type": "object", "required": ["name"], "properties": {"name": NAME}}


def resources() -> Schema:
    """Requests and limits."""
    amounts: Schema = {
        "type": "object",
        "properties": {"cpu": CORES, "memory": MEMORY},
        "additionalProperties": {"type": ["string", "number"]},
    }
    return {"type": "object", "additionalProperties": False, "properties": {"requests": amounts, "limits": amounts}}


def image(*, repository_may_be_empty: bool = False) -> Schema:
    """An image."""
    return section(
        repository=TEXT if repository_may_be_empty else NAME,
        tag={"type": "string", "pattern": r"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$"},
        digest={"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
        pullPolicy=choice("Always", "IfNotPresent", "Never"),
    )


def secret_entry() -> Schema:
    """An entry of a Secret; an empty name means none."""
    return section(name=TEXT, key=NAME)


def selector() -> Schema:
    """A label selector."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {"matchLabels": TEXTS, "matchExpressions": several(OBJECT)},
    }
