"""Kinds of operators: KubeRay's by its own definitions, others by schemas of ours for the fields that we use.

KubeRay's definitions are no part of this project: ``MEDREWARD_KUBERAY`` names the folder with ``ray.io_*.yaml.gz`` of
KubeRay 1.7.0; without it they are looked for beside the folder of data.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from tests.helm.documents import Document
from tests.helm.schemas.structural import Schema, filled, strict

NO_KUBERAY = "neither MEDREWARD_KUBERAY nor a folder beside MEDREWARD_DATA holds the definitions of KubeRay 1.7.0"


class CustomKind(NamedTuple):
    """One kind in one version."""

    api_version: str
    kind: str
    plural: str
    schema: Schema

    @property
    def validator(self) -> jsonschema.Draft202012Validator:
        """Of its strict schema; metadata is checked elsewhere, for it is the same for all kinds."""
        schema = strict(self.schema)
        schema["properties"]["metadata"] = {"type": "object"}
        return jsonschema.Draft202012Validator(schema)


def kuberay() -> Path | None:
    """The folder of KubeRay's definitions; None where there is none."""
    named = os.environ.get("MEDREWARD_KUBERAY")
    data = os.environ.get("MEDREWARD_DATA")
    folder = Path(named) if named else Path(data).parent / "kuberay" if data else None
    return folder if folder and any(folder.glob("ray.io_*.yaml.gz")) else None


@cache
def kinds() -> dict[tuple[str, str], CustomKind]:
    """Every kind that is known, by version and name."""
    return {(kind.api_version, kind.kind): kind for kind in [*_ours(), *_kuberays()]}


def problems(document: Document) -> list[str]:
    """Every way in which the document does not hold to its kind's schema."""
    key = (document["apiVersion"], document["kind"])
    known = filled(document, kinds()[key].schema)
    return [f"{e.json_path.removeprefix('$.')}: {e.message[:300]}" for e in _validator(key).iter_errors(known)]


def pod_templates(document: Document) -> Iterator[tuple[str, Document]]:
    """Pod templates of a Ray kind, each with its path."""
    spec = document.get("spec") or {}
    for name in ("rayClusterConfig", "rayClusterSpec"):
        cluster = spec.get(name) or {}
        if "headGroupSpec" in cluster:
            yield f"spec.{name}.headGroupSpec.template", cluster["headGroupSpec"]["template"]
        for index, group in enumerate(cluster.get("workerGroupSpecs") or []):
            yield f"spec.{name}.workerGroupSpecs[{index}].template", group["template"]


@cache
def _validator(key: tuple[str, str]) -> Any:
    return kinds()[key].validator


def _ours() -> Iterator[CustomKind]:
    for file in sorted(Path(__file__).parent.glob("*.yaml")):
        for item in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            schema = item["schema"]
            schema["properties"] |= {name: {"type": "string"} for name in ("apiVersion", "kind")}
            yield CustomKind(item["apiVersion"], item["kind"], item["plural"], schema)


def _kuberays() -> Iterator[CustomKind]:
    folder = kuberay()
    for file in sorted(folder.glob("ray.io_*.yaml.gz")) if folder else []:
        definition = yaml.load(gzip.decompress(file.read_bytes()), yaml.CSafeLoader)["spec"]
        names = definition["names"]
        for version in definition["versions"]:
            if version["served"]:
                api_version = f"{definition['group']}/{version['name']}"
                schema = version["schema"]["openAPIV3Schema"]
                yield CustomKind(api_version, names["kind"], names["plural"], schema)
