"""YAML documents as an API server reads them: a key that stands twice is an error, not the last one's win."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

Document = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse(text: str) -> list[Document]:
    """The documents of ``text``; empty ones are left out, as Helm does."""
    return [document for document in yaml.load_all(text, _Loader) if document is not None]


def of_kind(documents: list[Document], kind: str) -> list[Document]:
    """Those of one kind."""
    return [document for document in documents if document["kind"] == kind]


def the(documents: list[Document], kind: str, name: str | None = None) -> Document:
    """The only one of a kind, or of a kind and a name."""
    (found,) = (d for d in of_kind(documents, kind) if name is None or d["metadata"]["name"] == name)
    return found
