"""What is generated is current."""

from __future__ import annotations

import pytest

from tests.helm import generate, render_k8s
from tests.helm.documents import Document, parse
from tests.helm.needs import KUBERAY
from tests.helm.schemas import VERSIONS, problems

manifest = pytest.mark.parametrize("name", render_k8s.MANIFESTS)


def manifests(name: str) -> list[Document]:
    return parse((render_k8s.FOLDER / name).read_text(encoding="utf-8"))


def test_the_charts_schema_settings_and_readme_are_current() -> None:
    assert generate.stale() == [], "run python -m tests.helm.generate"


def test_the_plain_manifests_are_current() -> None:
    assert render_k8s.stale() == [], "run python -m tests.helm.render_k8s"


def test_there_is_no_plain_manifest_that_nothing_renders() -> None:
    assert {path.name for path in render_k8s.FOLDER.glob("*.yaml")} == set(render_k8s.MANIFESTS)


@KUBERAY
@manifest
def test_the_plain_manifests_are_valid(name: str) -> None:
    found = [problem for document in manifests(name) for v in VERSIONS for problem in problems(document, v)]
    assert manifests(name)
    assert found == []


@manifest
def test_no_plain_manifest_holds_a_secret_or_a_hook(name: str) -> None:
    for document in manifests(name):
        assert document["kind"] != "Secret"
        assert "helm.sh/hook" not in document["metadata"].get("annotations", {})
