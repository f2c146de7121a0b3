"""Reads rubrics from their folders.

name: semantics
version: 1
summary: what it asks
source: where it comes from
orders: [shared, paper]
fields:
  question: {kind: text, summary: the question}
  context: {kind: context, required: false, absent: (none), summary: caption}
verdict:
  scores: {assistant1: [1, 10], assistant2: [1, 10]}     # or options: {A: Correct, B: Incorrect}
  swap: [reference, candidate]
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from medreward.judge.clean import clean
from medreward.judge.rubrics.check import NAME, RubricError, check_fields, check_texts, check_verdict
from medreward.judge.rubrics.types import FieldKind, FieldSpec, Rubric, Texts
from medreward.yaml_file import YamlError, convert_named, read_yaml

FORM: Final = 1
"""number of the way in which prompts are filled and replies asked for (``clean.py``, ``prompt.py``); it enters every
rubric's hash, and a test fails when a prompt changes and this number does not"""

SHIPPED: Final = Path(__file__).with_name("shipped")
_FILE = "rubric.yaml"
_ABSENT = "(not given)"


class _Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: FieldKind = "text"
    required: bool = True
    summary: str = ""
    absent: str | None = None


class _Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scores: dict[str, tuple[int, int]] = {}
    options: dict[str, str] = {}
    swap: tuple[str, str] | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: int
    fields: dict[str, _Field]
    verdict: _Verdict
    summary: str = ""
    source: str = ""
    orders: tuple[str, ...] = ("shared",)


def load_rubrics(dirs: Sequence[Path] = ()) -> dict[str, Rubric]:
    """The shipped rubrics and those in the user's directories, by name.

    A directory holds one folder a rubric; it may also be a rubric's folder itself. Names that begin with a dot are
    passed over: a mounted volume keeps its own things there.

    Raises:
        RubricError: naming the file and the field: one that is missing, cannot be read or makes no sense, a name in
            use, a directory without rubrics.
    """
    rubrics: dict[str, Rubric] = {}
    for directory in (SHIPPED, *dirs):
        for folder in _folders(directory):
            rubric = load_rubric(folder)
            if rubric.name in rubrics:
                raise RubricError(f"{folder / _FILE}: name: {rubric.name!r} is in use")
            rubrics[rubric.name] = rubric
    return rubrics


def _folders(directory: Path) -> Iterator[Path]:
    if (directory / _FILE).is_file():
        yield directory
        return
    try:
        entries = sorted(directory.iterdir())
    except OSError as error:
        raise RubricError(f"{directory}: cannot be read: {error.strerror}") from None
    folders = [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    if not folders:
        raise RubricError(f"{directory}: no rubric is in it; a rubric is a folder with {_FILE}")
    yield from folders


def load_rubric(folder: Path) -> Rubric:
    """The rubric in one folder. Raises as :func:`load_rubrics`."""
    path = folder / _FILE
    file = _read(path)
    fields = {name: _field(path, name, field) for name, field in file.fields.items()}
    verdict = file.verdict
    try:
        if not NAME.fullmatch(file.name):
            raise RubricError(f"name: {file.name!r}: small letters, digits, - and _, the first a letter")
        if file.version < 1:
            raise RubricError("version: must be 1 or more")
        check_fields(fields)
        check_verdict(verdict.scores, verdict.options, verdict.swap, fields)
    except RubricError as error:
        raise RubricError(f"{path}: {error}") from None
    texts = {order: _texts(folder, order, fields, verdict) for order in _orders(path, file)}
    # a text that no order reads is a misspelt one
    known = {f"{order}.{part}.txt" for order in texts for part in Texts._fields}
    for stray in sorted(entry.name for entry in folder.glob("*.txt") if entry.name not in known):
        raise RubricError(f"{folder / stray}: no order reads it; there are {', '.join(texts)}")
    shape = (
        (FORM, file.name, file.version),
        [(name, spec.required, spec.kind, spec.absent) for name, spec in fields.items()],
        (list(verdict.scores.items()), list(verdict.options.items()), verdict.swap),
        list(texts.items()),
    )
    return Rubric(
        name=file.name,
        version=file.version,
        summary=file.summary,
        source=file.source,
        fields=fields,
        scores=verdict.scores,
        options=verdict.options,
        swap=verdict.swap,
        texts=texts,
        hash=hashlib.sha256(msgspec.json.encode(shape)).hexdigest()[:16],
    )


def _read(path: Path) -> _File:
    try:
        read = read_yaml(path)
    except YamlError as error:
        raise RubricError(str(error)) from None
    try:
        return convert_named(read, _File, {"fields": _Field})
    except msgspec.ValidationError as error:
        raise RubricError(f"{path}: {error}") from None


def _field(path: Path, name: str, field: _Field) -> FieldSpec:
    absent = field.absent
    if absent is None and not field.required:
        absent = _ABSENT
    if absent is not None and clean(absent, len(absent) + 1).text != absent:
        raise RubricError(f"{path}: fields.{name}.absent: a plain text is required")
    return FieldSpec(field.required, field.kind, field.summary, absent)


def _orders(path: Path, file: _File) -> tuple[str, ...]:
    if not file.orders or len(set(file.orders)) != len(file.orders):
        raise RubricError(f"{path}: orders: at least one is needed, each once")
    for order in file.orders:
        if not NAME.fullmatch(order):
            raise RubricError(f"{path}: orders: {order!r}: small letters, digits, - and _, the first a letter")
    return file.orders


def _texts(folder: Path, order: str, fields: dict[str, FieldSpec], verdict: _Verdict) -> Texts:
    system = folder / f"{order}.system.txt"
    texts = Texts(_text(system) if system.exists() else "", _text(folder / f"{order}.user.txt"))
    try:
        check_texts(texts, fields, verdict.options)
    except RubricError as error:
        raise RubricError(f"{folder / order}.{error}") from None
    return texts


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise RubricError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RubricError(f"{path}: is not UTF-8") from None
    if not text:
        raise RubricError(f"{path}: is empty")
    return text
