"""YAML as people write settings and recipes: a key given twice is an error, not the last one silently."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

Whole = TypeVar("Whole")


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


def convert_named(value: Any, whole: type[Whole], maps: Mapping[str, type[Any]]) -> Whole:
    """``value`` as a struct of type ``whole``.

    Args:
        value: as read.
        whole: what it is to be.
        maps: keys of it whose values are maps by name, and the type of an entry.

    Raises:
        msgspec.ValidationError: naming the entry too, where the error is in one: msgspec itself does not.
    """
    for key, kind in maps.items():
        entries = value.get(key) if isinstance(value, dict) else None
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            try:
                msgspec.convert(entry, kind)
            except msgspec.ValidationError as error:
                raise msgspec.ValidationError(f"{key}.{name}: {error}") from None
    return msgspec.convert(value, whole)
