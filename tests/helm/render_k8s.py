"""Renders k8s/ from the chart.

``python -m tests.helm.render_k8s`` writes it; with ``--check`` it only says whether k8s/ is current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

import helm_python
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "medreward"
FOLDER = ROOT / "k8s"

NAMESPACE = "medreward"
RELEASE = "medreward"
PLACEHOLDER = "0" * 40
"""stands for the commit of the judge's weights, which whoever installs has to review and name"""

_NO_HELM = {
    # what only Helm keeps or runs: keys made once, and hooks
    "auth": {"existingSecret": "medreward-keys"},
    "tests": {"enabled": False},
}


class Manifest(NamedTuple):
    """A file of k8s/."""

    says: str
    """what the reader must do before it is applied"""
    values: dict[str, Any]
    profile: str = ""
    """values file of the chart over which ``values`` go"""
    kinds: frozenset[str] = frozenset()
    """what to take of the rendered objects; empty: all"""


_KEYS = """Before it is applied:
  kubectl create namespace medreward
  kubectl -n medreward create secret generic medreward-keys --from-literal=trainer=\"$(openssl rand -hex 20)\""""

_TRAINER = """Before it is applied, the service of medreward.yaml must run in the same namespace, and two claims
must be there: medreward-data, with train.parquet and val.parquet of 'medreward-train data', and medreward-output, for
checkpoints.
To run it again, delete it first."""


def _trainer(recipe: str) -> Manifest:
    trainer = {"enabled": True, "recipe": recipe, "dataClaim": "medreward-data", "outputClaim": "medreward-output"}
    values = {"config": {"judge": {"vllm": {"revision": PLACEHOLDER}}}, "trainer": trainer}
    return Manifest(_TRAINER, values, kinds=frozenset({"RayJob"}))


MANIFESTS = {
    "medreward.yaml": Manifest(
        f"""{_KEYS}
and in this file put the commit of the judge's weights that you reviewed in place of the forty zeros, which name none:
  sed -i s/{PLACEHOLDER}/COMMIT/ medreward.yaml
Without the Prometheus operator, take the PodMonitor and the PrometheusRule out.""",
        {"config": {"judge": {"vllm": {"revision": PLACEHOLDER}}}},
    ),
    "medreward-cpu.yaml": Manifest(_KEYS, {}, profile="values-cpu.yaml"),
    "trainer-gemex.yaml": _trainer("gemex"),
    "trainer-medsage.yaml": _trainer("medsage"),
}


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values as Helm lays them over each other: key by key, lists and scalars replaced."""
    found = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if both else value
    return found


def rendered(manifest: Manifest) -> str:
    """The text of the file."""
    profile = yaml.safe_load((CHART / manifest.profile).read_text()) if manifest.profile else {}
    values = merged(merged(profile or {}, _NO_HELM), manifest.values)
    with helm_python.Chart.load(str(CHART)) as chart:
        templates = chart.render(values, name=RELEASE, namespace=NAMESPACE)
    objects = [
        _without_helm(item)
        for path, text in sorted(templates.items())
        if not path.endswith("NOTES.txt")
        for item in yaml.safe_load_all(text)
        if item and (not manifest.kinds or item["kind"] in manifest.kinds)
    ]
    heading = ["Rendered from helm/medreward by 'python -m tests.helm.render_k8s'; change the chart, not this file."]
    comment = "".join(f"# {line}\n" for line in [*heading, *manifest.says.splitlines()])
    return comment + "".join(f"---\n{yaml.dump(item, Dumper=_Dumper, sort_keys=False, width=120)}" for item in objects)


def _without_helm(node: Any) -> Any:
    """The same without the labels and annotations that say or ask something of Helm, in pods too."""
    if isinstance(node, list):
        return [_without_helm(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _without_helm(value) for key, value in node.items() if not key.startswith("helm.sh/")}
    if kept.get("app.kubernetes.io/managed-by") == "Helm":
        del kept["app.kubernetes.io/managed-by"]
    return {key: value for key, value in kept.items() if not (key == "annotations" and value == {})}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and no anchors: what is read by people."""

    def ignore_aliases(self, data: object) -> bool:
        """No object is written as a reference to another."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def stale() -> list[str]:
    """Names of the files that are not what the chart renders now."""
    texts = {name: rendered(manifest) for name, manifest in MANIFESTS.items()}
    return [name for name, text in texts.items() if not _holds(FOLDER / name, text)]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


def main() -> None:
    """Writes the files, or with ``--check`` ends with 1 when one is not current."""
    parser = argparse.ArgumentParser(description="Renders k8s/ from the chart.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a file is not current")
    if parser.parse_args().check:
        if names := stale():
            sys.exit(f"k8s/ is not current: {', '.join(names)}; run python -m tests.helm.render_k8s")
        return
    for name, manifest in MANIFESTS.items():
        (FOLDER / name).write_text(rendered(manifest))
        print(FOLDER / name)


if __name__ == "__main__":
    main()
