"""What a rubric must fulfil so that a prompt can be made of it and a verdict read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from medreward.judge.rubrics.types import FieldSpec, Texts

REPLY: Final = "reply"
"""``{{reply}}`` is filled with the form of the reply"""
OPTIONS: Final = "options"
"""``{{options}}`` is filled with the options, a line each"""
PLACE: Final = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
"""a place in a prompt's text"""

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LETTER = re.compile(r"[A-Z]")
_TAKEN_FIELDS = (REPLY, OPTIONS)
_TAKEN_SCORES = ("reason", "verdict")
_HIGHEST = 100


class RubricError(ValueError):
    """A rubric makes no sense; the message names the file and the field."""


def check_fields(fields: Mapping[str, FieldSpec]) -> None:
    """Raises :class:`RubricError` naming the field, without the file."""
    if not fields:
        raise RubricError("fields: at least one is needed")
    for name in fields:
        if not _KEY.fullmatch(name) or name in _TAKEN_FIELDS:
            raise RubricError(
                f"fields.{name}: a name is of small letters, digits and _, and not {' or '.join(_TAKEN_FIELDS)}"
            )
    if not any(spec.required for spec in fields.values()):
        raise RubricError("fields: at least one must be required")


def check_verdict(
    scores: Mapping[str, tuple[int, int]],
    options: Mapping[str, str],
    swap: tuple[str, str] | None,
    fields: Mapping[str, FieldSpec],
) -> None:
    """Raises :class:`RubricError` naming the field, without the file."""
    if bool(scores) == bool(options):
        raise RubricError("verdict: either scores or options must be given")
    for name, (low, high) in scores.items():
        if not _KEY.fullmatch(name) or name in _TAKEN_SCORES:
            raise RubricError(
                f"verdict.scores.{name}: a name is of small letters, digits and _, and not {' or '.join(_TAKEN_SCORES)}"
            )
        if not 0 <= low < high <= _HIGHEST:
            raise RubricError(f"verdict.scores.{name}: must be [low, high] with 0 <= low < high <= {_HIGHEST}")
    if len(options) == 1:
        raise RubricError("verdict.options: at least two are needed")
    for letter, label in options.items():
        if not _LETTER.fullmatch(letter):
            raise RubricError(f"verdict.options.{letter}: must be one capital letter")
        if not label.strip() or "\n" in label:
            raise RubricError(f"verdict.options.{letter}: a label on one line is required")
    if swap is not None:
        _check_swap(scores, swap, fields)


def _check_swap(scores: Mapping[str, tuple[int, int]], swap: tuple[str, str], fields: Mapping[str, FieldSpec]) -> None:
    unknown = [name for name in swap if name not in fields]
    if unknown or swap[0] == swap[1]:
        raise RubricError(f"verdict.swap: must name two of the fields, not {', '.join(swap)}")
    first, second = (fields[name] for name in swap)
    if first.kind != second.kind or not (first.required and second.required):
        raise RubricError("verdict.swap: the two fields must be of one kind, and required")
    ranges = list(scores.values())[:2]
    if len(ranges) < 2 or ranges[0] != ranges[1]:
        raise RubricError("verdict.swap: the first two scores must be theirs, with the same range")


def check_texts(texts: Texts, fields: Mapping[str, FieldSpec], options: Mapping[str, str]) -> None:
    """Raises :class:`RubricError` naming the text (``system`` or ``user``) and the place."""
    # what a caller gives is never put into the system turn, where a model would take it for the operator's word
    filled = {"system": {REPLY, OPTIONS}, "user": {REPLY, OPTIONS, *fields}}
    count: dict[str, int] = {}
    for part, text in texts._asdict().items():
        if "{{" in PLACE.sub("", text):
            raise RubricError(f"{part}: '{{{{' begins no place; one is written {{{{question}}}}")
        for name in PLACE.findall(text):
            count[name] = count.get(name, 0) + 1
            if name in fields and part == "system":
                raise RubricError(f"system: {{{{{name}}}}}: fields belong in the user turn")
            if name not in filled[part] or (name == OPTIONS and not options):
                raise RubricError(f"{part}: {{{{{name}}}}}: there is no such field")
            if name in fields and f"\n{{{{{name}}}}}\n" not in f"\n{text}\n":
                raise RubricError(f"{part}: {{{{{name}}}}}: must stand alone on its line")
    for name in (*fields, REPLY):
        if count.get(name, 0) != 1:
            raise RubricError(f"user: {{{{{name}}}}}: must be used once, not {count.get(name, 0)} times")
