"""What a client asks before it can ask for objects: groups, kinds, and what a patch may be told."""

from __future__ import annotations

from typing import Any

from tests.helm.fake_api.resources import Resource

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def answer(path: str, resources: list[Resource], kubernetes: str) -> dict[str, Any] | None:
    """The document at a path of discovery; None where the path is none."""
    versions = {_root(resource.api_version): resource.api_version for resource in resources}
    if path == "/version":
        major, minor = kubernetes.split(".")
        return {"major": major, "minor": minor, "gitVersion": f"v{kubernetes}.0", "platform": "linux/amd64"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(sorted(set(versions.values())))}
    if path == "/openapi/v3":
        return {"paths": {root[1:]: {"serverRelativeURL": f"/openapi/v3{root}"} for root in versions}}
    if path in versions:
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": versions[path],
            "resources": [
                {"name": r.plural, "singularName": "", "namespaced": r.namespaced, "kind": r.kind, "verbs": _VERBS}
                for r in resources
                if r.api_version == versions[path]
            ],
        }
    root = path.removeprefix("/openapi/v3")
    if root != path and root in versions:
        return _openapi(root, [r for r in resources if r.api_version == versions[root]])
    return None


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _groups(versions: list[str]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for api_version in versions:
        group, _, version = api_version.rpartition("/")
        if group:
            groups.setdefault(group, []).append({"groupVersion": api_version, "version": version})
    return [{"name": name, "versions": found, "preferredVersion": found[0]} for name, found in groups.items()]


def _openapi(root: str, resources: list[Resource]) -> dict[str, Any]:
    """Which parameters a patch takes: Helm looks whether a dry run is one of them. There are no schemas in it."""
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in ("dryRun", "fieldManager", "fieldValidation", "force")
    ]
    paths = {}
    for resource in resources:
        group, _, version = resource.api_version.rpartition("/")
        namespace = "/namespaces/{namespace}" if resource.namespaced else ""
        kind = {"group": group, "version": version, "kind": resource.kind}
        patch = {"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": kind}
        paths[f"{root}{namespace}/{resource.plural}/{{name}}"] = {"patch": patch}
    info = {"title": "a fake", "version": "1"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}
