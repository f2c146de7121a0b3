"""The structural schemas of custom resource definitions, made strict, as an API server applies them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Schema = dict[str, Any]

_SAYS_NOTHING_HERE = {"description", "default", "format", "x-kubernetes-validations"}


def strict(schema: Any) -> Any:
    """The JSON schema that also refuses fields which ``schema`` does not name, unless it says that it keeps those."""
    if not isinstance(schema, dict):
        return schema
    result: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: strict(part) for name, part in value.items()}
        elif key in ("items", "additionalProperties", "not"):
            result[key] = strict(value)
        elif key in ("allOf", "anyOf", "oneOf"):
            result[key] = [strict(part) for part in value]
        elif key not in _SAYS_NOTHING_HERE:
            result[key] = value
    if schema.get("x-kubernetes-int-or-string"):
        result.pop("anyOf", None)
        result["type"] = ["integer", "string"]
    if schema.get("nullable") and "type" in schema:
        result["type"] = [schema["type"], "null"]
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if schema.get("type") == "object" and "properties" in schema and not open_ended:
        result["additionalProperties"] = False
    return result


def filled(value: Any, schema: Schema) -> Any:
    """A copy as the server stores it: nulls that are not allowed are gone, then defaults are there."""
    value = deepcopy(value)
    _fill(value, schema)
    return value


def _fill(value: Any, schema: Schema) -> None:
    if isinstance(value, list):
        for item in value:
            _fill(item, schema.get("items") or {})
    if not isinstance(value, dict):
        return
    properties = schema.get("properties") or {}
    for name, part in properties.items():
        if value.get(name, "set") is None and not part.get("nullable"):
            del value[name]
        if name not in value and "default" in part:
            value[name] = deepcopy(part["default"])
    rest = schema.get("additionalProperties")
    for name, item in value.items():
        _fill(item, properties.get(name) or (rest if isinstance(rest, dict) else {}))
