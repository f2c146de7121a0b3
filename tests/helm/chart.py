"""The chart, rendered and linted by real Helm, without a cluster."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import helm_python
import yaml

from tests.helm.documents import Document, parse

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "medreward"
NAME, NAMESPACE = "demo", "rewards"
REVISION = "0123456789abcdef0123456789abcdef01234567"
"""of weights, which nobody but the user can name"""

Values = dict[str, Any]


class Finding(NamedTuple):
    """What lint says; severity 1 is information, 2 a warning, 3 an error."""

    severity: int
    path: str
    text: str


def merged(base: Values, *over: Values) -> Values:
    """Values laid over each other as Helm lays ``-f`` files: mappings key by key, all else as a whole."""
    result = deepcopy(base)
    for layer in over:
        for key, value in layer.items():
            below = result.get(key)
            both = isinstance(below, dict) and isinstance(value, dict)
            result[key] = merged(below or {}, value) if both else deepcopy(value)
    return result


def file_values(*names: str) -> Values:
    """Values of files that lie beside the chart's own."""
    return merged({}, *(yaml.safe_load((CHART / name).read_text(encoding="utf-8")) for name in names))


def defaults() -> Values:
    """The chart's own values, as Helm reads them."""
    with helm_python.Chart.load(CHART) as chart:
        return chart.values


def templates(values: Values, name: str = NAME, folder: Path = CHART) -> dict[str, str]:
    """What each template of the chart in ``folder`` comes to; raises Helm's own error where it refuses."""
    with helm_python.Chart.load(folder) as chart:
        return chart.render(values, name=name, namespace=NAMESPACE)


def render(values: Values, name: str = NAME) -> list[Document]:
    """Every object of a release, the caller's own."""
    return deepcopy(_rendered(json.dumps(values), name))


@cache
def _rendered(values: str, name: str) -> list[Document]:
    return [
        document
        for path, text in sorted(templates(json.loads(values), name).items())
        if not path.endswith("NOTES.txt")
        for document in parse(text)
    ]


def notes(values: Values, name: str = NAME) -> str:
    """What the user reads after an install."""
    return next(text for path, text in templates(values, name).items() if path.endswith("NOTES.txt"))


def refusal(values: Values, name: str = NAME) -> str:
    """What Helm says when it refuses these values; fails when it takes them."""
    try:
        templates(values, name)
    except helm_python.HelmError as error:
        return str(error)
    raise AssertionError("these values were taken")


def lint(values: Values, kubernetes: str) -> list[Finding]:
    """Findings of a strict lint that are more than information; what stopped the lint itself counts as an error."""
    report = helm_python.lint(
        CHART, values, strict=True, namespace=NAMESPACE, with_subcharts=True, kube_version=f"v{kubernetes}.0"
    )
    found = [Finding(message["severity"], message["path"], message["error"]) for message in report["messages"]]
    return [finding for finding in found if finding.severity > 1] + [Finding(3, "", e) for e in report["errors"]]
