"""The curated vocabulary: what the words of the files in ``vocabulary/`` mean, and how the meanings relate.

A *unit* is a meaning; its name is the first form of its line with blanks as ``_``. Sections by ``[name]``:

- ``[anatomy]``, ``[finding]``, ``[imaging]``, ``[side]``, ``[position]``, ``[size]``, ``[state]``, ``[quality]``,
  ``[generic]``, ``[month]``, ``[word]``: a line is one unit of that kind, all its forms separated by ``|``;
- ``[expansion]``: ``unit unit = form | form``: the form says several units at once; ``-unit`` says that it is absent;
- ``[exclusive]``, ``[kindof]``, ``[near]``: relations of units, see ``relations.txt``;
- ``[region]``: a part of the body and the organs that lie in it, see ``regions.txt``.

A form of two or fewer capitals ("MI", "PE") counts only where it is written in capitals. A form that stands for two
meanings is a mistake of the files and raises ``ValueError`` at import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from .text import plain, tokens
from .words import stem

Kind = Literal[
    "anatomy",
    "finding",
    "imaging",
    "side",
    "position",
    "size",
    "state",
    "quality",
    "generic",
    "month",
    "word",
    "number",
]
FILES = (
    "anatomy.txt",
    "abbreviations.txt",
    "imaging.txt",
    "findings.txt",
    "diseases.txt",
    "general.txt",
    "relations.txt",
    "regions.txt",
)
_KINDS = frozenset(get_args(Kind))
LIGHT = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "by",
        "from",
        "as",
        "into",
        "within",
        "onto",
        "upon",
        "its",
        "it",
        "this",
        "that",
        "these",
        "those",
        "there",
        "their",
        "his",
        "her",
        "our",
        "your",
        "my",
        "i",
        "we",
        "you",
        "he",
        "she",
        "they",
        "them",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "has",
        "have",
        "had",
        "having",
        "do",
        "does",
        "did",
        "with",
        "and",
    ]
)
"""words that no form is told apart by"""


class Entry(NamedTuple):
    """One form of the vocabulary."""

    stems: tuple[str, ...]
    units: tuple[tuple[str, bool], ...]
    """unit and whether it is said to be absent"""
    capitals: bool
    """it counts only in capitals"""


class Lexicon(NamedTuple):
    """Everything that the files say."""

    forms: dict[str, list[Entry]]
    """by their first stem, longest first"""
    kinds: dict[str, Kind]
    groups: dict[str, tuple[int, ...]]
    """numbers of the exclusive lines that a unit stands in"""
    parents: dict[str, frozenset[str]]
    """everything that a unit is a kind of"""
    near: frozenset[tuple[str, str]]
    """both ways round"""
    regions: dict[str, str]
    """the part of the body that an organ lies in, of those that lie in one alone"""


def _lines() -> Iterator[tuple[str, str]]:
    folder = files(__package__) / "vocabulary"
    for name in FILES:
        section = ""
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                yield section, line


def form_stems(form: str) -> tuple[str, ...]:
    """Stems of a form, without the words that tell nothing apart."""
    words = [token.text for token in tokens(plain(form)) if token.text[0].isalnum()]
    return tuple(stem(word) for word in words if word not in LIGHT) or tuple(stem(word) for word in words)


def _split(line: str, mark: str) -> list[str]:
    return [part.strip() for part in line.split(mark)]


class _Builder:
    def __init__(self) -> None:
        self.units: dict[str, Kind] = {}
        self.entries: dict[tuple[tuple[str, ...], bool], Entry] = {}
        self.names: dict[str, str] = {}

    def declare(self, kind: Kind, forms: list[str]) -> None:
        name = forms[0].replace(" ", "_")
        self.units.setdefault(name, kind)
        for form in forms:
            self.form(form, ((name, False),))

    def form(self, form: str, units: tuple[tuple[str, bool], ...]) -> None:
        capitals = form.isupper() and len(form) <= 2
        entry = Entry(form_stems(form), units, capitals)
        known = self.entries.setdefault((entry.stems, capitals), entry)
        if known.units != units:
            raise ValueError(f"vocabulary: {form!r} means both {known.units} and {units}")

    def unit(self, name: str) -> tuple[str, bool]:
        absent = name.startswith("-")
        name = name.removeprefix("-")
        if name not in self.units:
            self.declare("word", [name])
        return name, absent


def load() -> Lexicon:
    """Reads the files; raises ``ValueError`` where they contradict themselves."""
    built = _Builder()
    lines = list(_lines())
    for section, line in lines:
        if section in _KINDS:
            built.declare(section, _split(line, "|"))  # type: ignore[arg-type]
    for section, line in lines:
        if section == "expansion":
            means, _, written = line.partition("=")
            units = tuple(built.unit(name) for name in means.split())
            for form in _split(written, "|") if written else [line]:
                built.form(form, units)
    groups: dict[str, list[int]] = defaultdict(list)
    parents: dict[str, set[str]] = defaultdict(set)
    near: set[tuple[str, str]] = set()
    regions: dict[str, str] = {}
    for number, (section, line) in enumerate(lines):
        if section == "exclusive":
            for name in _split(line, "|"):
                groups[name].append(number)
        elif section == "kindof":
            chain = _split(line, "<")
            for child, parent in pairwise(chain):
                parents[child].add(parent)
        elif section == "region":
            region, *organs = _split(line, "|")
            regions.update(dict.fromkeys([region, *organs], region))
        elif section == "near":
            one, other = _split(line, "~")
            near |= {(one, other), (other, one)}
    forms: dict[str, list[Entry]] = defaultdict(list)
    for entry in built.entries.values():
        forms[entry.stems[0]].append(entry)
    for listed in forms.values():
        listed.sort(key=lambda entry: (-len(entry.stems), not entry.capitals))
    return Lexicon(
        dict(forms),
        built.units,
        {name: tuple(numbers) for name, numbers in groups.items()},
        {name: frozenset(_ancestors(name, parents)) for name in list(parents)},
        frozenset(near),
        regions,
    )


def _ancestors(name: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(parents.get(name, ()))
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting.extend(parents.get(parent, ()))
    return found


LEXICON = load()
