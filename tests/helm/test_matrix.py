"""Every profile of values: a strict lint, and objects that every promised Kubernetes takes."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.helm.chart import CHART, lint, merged, notes, render, templates
from tests.helm.documents import Document, of_kind, parse, the
from tests.helm.needs import KUBERAY
from tests.helm.profiles import GPU, PROFILES
from tests.helm.schemas import VERSIONS, problems

profile = pytest.mark.parametrize("name", PROFILES)
version = pytest.mark.parametrize("kubernetes", VERSIONS)


def told(documents: list[Document], kubernetes: str) -> list[str]:
    return [f"{d['kind']} {d['metadata']['name']}: {p}" for d in documents for p in problems(d, kubernetes)]


def is_ray(document: Document) -> bool:
    return str(document["apiVersion"]).startswith("ray.io/")


@profile
@version
def test_lint_finds_nothing(name: str, kubernetes: str) -> None:
    assert lint(PROFILES[name], kubernetes) == []


@profile
@version
def test_every_object_is_valid(name: str, kubernetes: str) -> None:
    documents = [document for document in render(PROFILES[name]) if not is_ray(document)]
    assert documents
    assert told(documents, kubernetes) == []


@KUBERAY
@profile
@version
def test_every_ray_object_is_valid(name: str, kubernetes: str) -> None:
    documents = [document for document in render(PROFILES[name]) if is_ray(document)]
    assert of_kind(documents, "RayService")
    assert told(documents, kubernetes) == []


@profile
def test_no_two_objects_are_one(name: str) -> None:
    counted = Counter((document["kind"], document["metadata"]["name"]) for document in render(PROFILES[name]))
    assert counted.most_common(1)[0][1] == 1


@profile
def test_every_object_says_whose_it_is(name: str) -> None:
    for document in render({**PROFILES[name], "extraObjects": []}):
        labels = document["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "demo", document["kind"]
        assert labels["app.kubernetes.io/managed-by"] == "Helm", document["kind"]
        assert document["metadata"].get("namespace", "rewards") == "rewards", document["kind"]


def test_common_labels_and_annotations_are_on_every_object() -> None:
    more = {"commonLabels": {"team": "rl"}, "commonAnnotations": {"example.org/owner": "rl"}}
    for document in render(merged(PROFILES["everything"], more)):
        metadata = document["metadata"]
        assert metadata["labels"].get("team") == "rl", document["kind"]
        assert metadata["annotations"].get("example.org/owner") == "rl", document["kind"]


def test_every_template_comes_to_something_under_some_profile() -> None:
    # one for each file of dashboards, and there may be none; see below
    files = [path for path in (CHART / "templates").rglob("*.yaml") if path.name != "dashboards.yaml"]
    used = {path for values in PROFILES.values() for path, text in templates(values).items() if text.strip()}
    unused = [file.name for file in files if f"medreward/{file.relative_to(CHART).as_posix()}" not in used]
    assert files
    assert unused == []


def test_a_dashboard_comes_to_a_config_map_that_the_sidecar_finds(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(CHART, tmp_path / CHART.name))
    # Grafana has braces of its own
    board = json.dumps({"title": "made here", "panels": [{"legendFormat": "{{pod}}"}]}, indent=2)
    boards = copy / "files" / "dashboards"
    boards.mkdir(exist_ok=True)
    (boards / "made-here.json").write_text(board)
    documents = parse(templates(GPU, folder=copy)["medreward/templates/dashboards.yaml"])
    found = the(documents, "ConfigMap", "demo-medreward-dashboard-made-here")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["data"] == {"made-here.json": board}
    assert told(documents, VERSIONS[-1]) == []


@profile
def test_the_notes_name_the_endpoint(name: str) -> None:
    said = notes(PROFILES[name])
    assert "demo-medreward-serve" in said
    assert "curl" in said


def test_the_same_values_come_to_the_same_objects() -> None:
    values = merged(GPU, {"auth": {"keys": {"trainer": "k" * 32}}})
    assert templates(values) == templates(values)


def test_no_two_releases_of_a_namespace_share_an_object() -> None:
    first, second = ({(d["kind"], d["metadata"]["name"]) for d in render(GPU, name)} for name in ("one", "two"))
    assert first
    assert not first & second
