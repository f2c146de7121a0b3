"""Is a document one that an API server would take, with strict field validation?

``problems`` asks, in turn: the schema of its kind (``builtin`` for Kubernetes itself, ``custom`` for the kinds of
operators), and what schemas do not say though the server checks it (``meaning``: labels, quantities, names that refer
to each other). A kind that nobody here knows is a problem too.
"""

from __future__ import annotations

from tests.helm.documents import Document
from tests.helm.schemas import builtin, custom, meaning
from tests.helm.schemas.builtin import VERSIONS

__all__ = ["VERSIONS", "problems"]


def problems(document: Document, kubernetes: str = VERSIONS[-1]) -> list[str]:
    """Why an API server of this version refuses the document, each as ``path: reason``; empty when it takes it."""
    kind = (str(document.get("apiVersion")), str(document.get("kind")))
    if kind in custom.kinds():
        found = custom.problems(document)
        # as a ConfigMap, whose metadata is that of every kind
        alike = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": document.get("metadata")}
        found += builtin.problems(alike, kubernetes)
        for path, template in custom.pod_templates(document):
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", **template.get("metadata", {})}}
            found += [f"{path}.{p}" for p in builtin.problems({**pod, "spec": template.get("spec")}, kubernetes)]
    else:
        found = builtin.problems(document, kubernetes)
    # what does not hold to its schema cannot be read further
    return found or meaning.problems(document)
