"""values.yaml as rows: each value with its default and its comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Row(NamedTuple):
    """A value, or a section of values."""

    path: str
    default: Any
    """what it is without being given; of a section, its values by name"""
    section: bool
    meaning: str
    """its comment; empty: it has none"""


def read(path: Path) -> list[Row]:
    """All rows, in the file's order. A map in block style is a section; one in braces is one value.

    What is merged from an anchor (``<<``) comes with the comments of where it was written.
    """
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode), path
    return list(_rows(root, "", text.splitlines()))


def _rows(node: yaml.MappingNode, above: str, lines: list[str]) -> Iterator[Row]:
    for key, value in _entries(node):
        path = f"{above}.{key.value}" if above else str(key.value)
        section = isinstance(value, yaml.MappingNode) and not value.flow_style
        yield Row(path, _plain(value), section, _comment(lines, key.start_mark.line))
        if section:
            assert isinstance(value, yaml.MappingNode)
            yield from _rows(value, path, lines)


def _entries(node: yaml.MappingNode) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    own = [(key, value) for key, value in node.value if key.value != "<<"]
    names = {key.value for key, _ in own}
    merged = [
        entry
        for key, value in node.value
        if key.value == "<<"
        for entry in _entries(value)
        if entry[0].value not in names
    ]
    return own + merged


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in _entries(node)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return yaml.safe_load(yaml.serialize(node))


def _comment(lines: list[str], line: int) -> str:
    """The comment above a line, from ``# --`` on."""
    found: list[str] = []
    for number in range(line - 1, -1, -1):
        text = lines[number].strip()
        if not text.startswith("#"):
            break
        found.insert(0, re.sub(r"^#\s?", "", text))
        if text.startswith("# --"):
            return re.sub(r"^--\s*", "", " ".join(found))
    return ""
