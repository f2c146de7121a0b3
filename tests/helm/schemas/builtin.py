"""Kinds of Kubernetes itself, by the strict schemas that the package kubernetes-validate carries."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
from referencing import Registry, Resource

from tests.helm.documents import Document

VERSIONS = ("1.29", "1.34", "1.37")
"""the oldest that the chart promises, one in between, the newest that the package knows"""


def problems(document: Document, kubernetes: str) -> list[str]:
    """Every way in which the document does not hold to its kind's schema."""
    api_version, kind = str(document.get("apiVersion")), str(document.get("kind"))
    group, _, version = api_version.rpartition("/")
    # the files are named by the group's first part: networking.k8s.io/v1 is networking-v1
    name = f"{kind}-{group.split('.')[0]}-{version}" if group else f"{kind}-{version}"
    validator = _validator(name.lower(), kubernetes)
    if validator is None:
        return [f"kind: {api_version} {kind} is unknown to Kubernetes {kubernetes}"]
    return [f"{error.json_path.removeprefix('$.')}: {error.message[:300]}" for error in validator.iter_errors(document)]


# The package's own validate() reads eight megabytes for every document, and tells the first error only.
@cache
def _validator(name: str, kubernetes: str) -> Any:
    file = _folder(kubernetes) / f"{name}.json"
    if not file.is_file():
        return None
    return jsonschema.Draft202012Validator(json.loads(file.read_text(encoding="utf-8")), registry=_registry(kubernetes))


@cache
def _registry(kubernetes: str) -> Registry[Any]:
    definitions = json.loads((_folder(kubernetes) / "_definitions.json").read_text(encoding="utf-8"))
    return Resource.from_contents(definitions) @ Registry()


def _folder(kubernetes: str) -> Any:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{kubernetes}.0-local-strict"
    if not folder.is_dir():
        raise LookupError(f"kubernetes-validate has no schemas of Kubernetes {kubernetes}")
    return folder
