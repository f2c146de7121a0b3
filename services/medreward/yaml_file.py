"""YAML as people write settings and recipes: a key given twice is an error, not the last one silently."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml


class YamlError(ValueError):
    """The text is no YAML, or names a key twice; the message names the source and the line."""


class _UniqueKeys(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str | bytes, source: str) -> Any:
    """The value that ``text`` holds.

    Raises:
        YamlError: naming ``source``.
    """
    try:
        return yaml.load(text, _UniqueKeys)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise YamlError(f"{source}: is not YAML: {' '.join(str(error).split())}") from None


def read_yaml(path: Path) -> Any:
    """The value that a file holds.

    Raises:
        YamlError: naming the file.
    """
    try:
        return parse_yaml(path.read_bytes(), str(path))
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {error.strerror}") from None
