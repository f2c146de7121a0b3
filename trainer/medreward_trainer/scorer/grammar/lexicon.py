"""The vocabulary: findings, organs and kinds of image: how each looks, how its absence looks, what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec
import yaml

WORDS: Final = Path(__file__).parent / "words"
"""one YAML file a part of the body; keys are entity ids"""

Sort = Literal["finding", "organ", "kind"]
"""``kind``: how an image was made, or which part of the body it shows"""


class Entity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that an image may show. Templates know ``{side}`` and ``{site}``."""

    name: str
    """as an answer option says it"""
    sort: Sort
    names: tuple[str, ...]
    """as a conclusion says it, with its own article"""
    tags: tuple[str, ...]
    """parts of the body and classes that it belongs to: what "anything abnormal in the pleura" may be"""
    areas: tuple[tuple[str, ...], ...]
    """where it may lie; each area by several names that mean the same; with ``{side}`` when it lies on one side"""
    wide: tuple[str, ...]
    """wider regions that hold every area"""
    box: tuple[int, int, int, int]
    """``y1, x1, y2, x2`` on the 0-1000 grid, for the patient's right or for the midline"""
    present: tuple[str, ...]
    """sentences that describe it; never its bare name, where a sign can be described"""
    absent: tuple[str, ...]
    """sentences that describe its absence on both sides"""
    cues: tuple[str, ...]
    """noun phrases for its signs"""
    knows: tuple[str, ...]
    """sentences of general knowledge, true whatever the image shows"""
    clear: tuple[str, ...] = ()
    """sentences that describe its absence on one side"""
    kin: tuple[str, ...] = ()
    """entities that may look alike, follow from it or include it: never its rivals"""
    also: tuple[str, ...] = ()
    """what data sets call it, in lower case"""

    @property
    def paired(self) -> bool:
        """Whether it lies on one side or the other."""
        return "{side}" in self.areas[0][0]


@cache
def entities() -> Mapping[str, Entity]:
    """Every entity by its id.

    Raises:
        ValueError: when two files name the same entity.
        msgspec.ValidationError: when an entity is not as :class:`Entity` says.
    """
    found: dict[str, Entity] = {}
    for path in sorted(WORDS.glob("*.yaml")):
        for key, fields in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if key in found:
                raise ValueError(f"{path.name}: {key} was defined before")
            found[key] = msgspec.convert(fields, Entity)
    return found


@cache
def related(key: str) -> frozenset[str]:
    """The entity and those that cannot be told from it or against it, in either direction."""
    every = entities()
    return frozenset({key, *every[key].kin, *(other for other, entity in every.items() if key in entity.kin)})


@cache
def named(label: str) -> tuple[str, ...]:
    """Ids of the entities that a data set means by a label; empty when none is known."""
    wanted = label.strip().lower()
    return tuple(
        key
        for key, entity in entities().items()
        if wanted in {entity.name.lower(), *(alias.lower() for alias in entity.also)}
    )


@cache
def tagged(tag: str) -> tuple[str, ...]:
    """Ids of the entities with a tag, in order of definition."""
    return tuple(key for key, entity in entities().items() if tag in entity.tags)
