"""What the chart takes of ``medreward.config.Settings``: the schema of ``config``, and the defaults."""

from __future__ import annotations

from typing import Any

from medreward.config import Settings

DECIDED = (
    ("http",),
    ("grpc",),
    ("auth",),
    ("audit", "dir"),
    ("metrics_dir",),
    ("drain_s",),
    ("ingress", "proxy"),
    ("ingress", "resources"),
    ("judge", "resources"),
    ("judge", "vllm", "resources"),
    ("scorer", "resources"),
)
"""what the cluster decides; a template refuses it with a message that says by which values"""


def defaults() -> dict[str, Any]:
    """The settings where nothing is given, without what the cluster decides."""
    values = Settings.model_construct().model_dump(mode="json")
    for path in DECIDED:
        holder = values
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
    return values


def schema() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of ``config`` and the definitions that it refers to.

    What the cluster decides is let through here, so that it meets the template's message and not "unknown key".
    """
    root = _plain(Settings.model_json_schema(ref_template="#/definitions/{model}"))
    definitions: dict[str, Any] = root.pop("$defs")
    for path in DECIDED:
        holder = root
        for key in path[:-1]:
            holder = definitions[holder["properties"][key]["$ref"].rpartition("/")[2]]
        holder["properties"][path[-1]] = {"description": "The cluster decides it: refused here"}
    used = _used(root, definitions)
    return root, {name: definitions[name] for name in sorted(used)}


def _plain(node: Any) -> Any:
    """Without the titles, which repeat the names, and the defaults, which Helm does not apply."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    named = {"properties", "$defs"}
    return {
        key: {name: _plain(inner) for name, inner in value.items()} if key in named else _plain(value)
        for key, value in node.items()
        if key in named or key not in {"title", "default"}
    }


def _used(node: Any, definitions: dict[str, Any]) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_used(item, definitions) for item in node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*(_used(value, definitions) for value in node.values()))
    if isinstance(reference := node.get("$ref"), str):
        name = reference.rpartition("/")[2]
        found |= {name} | _used(definitions[name], definitions)
    return found
