"""Several pages of metrics made one, in which each family stands once, as Prometheus' text format asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def merged(pages: Iterable[str]) -> str:
    """One page with the lines of all; of a family that several have, the first one's type and help.

    Samples are passed on as they are: nothing is parsed but the comments, since Ray's page has thousands of lines.
    """
    families: dict[str, list[str]] = {}
    typed: set[str] = set()
    helped: set[str] = set()
    for page in pages:
        for name, kind, line in _lines(page):
            family = families.setdefault(name, [])
            seen = {"HELP": helped, "TYPE": typed}.get(kind)
            if seen is not None:
                if name in seen:
                    continue
                seen.add(name)
            family.append(line)
    return "".join(f"{line}\n" for family in families.values() for line in family)


def _lines(page: str) -> Iterator[tuple[str, str, str]]:
    """Family, ``HELP``, ``TYPE`` or nothing for a sample, and the line; without what Prometheus ignores."""
    name = ""
    for line in page.split("\n"):
        if not line.strip():
            continue
        if not line.startswith("#"):
            yield name, "", line
            continue
        parts = line.split(maxsplit=3)
        if len(parts) > 2 and parts[1] in ("HELP", "TYPE"):
            name = parts[2]
            yield name, parts[1], line
