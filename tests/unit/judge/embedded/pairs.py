"""The tables of pairs in ``pairs/``: one file a kind, with the expectations of a careful reader."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "pairs"


class Pair(NamedTuple):
    kind: str
    question: str
    reference: str
    candidate: str
    right: bool


def pairs() -> list[Pair]:
    found = []
    for file in sorted(FOLDER.glob("*.txt")):
        question = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            sign, _, rest = line.partition(" ")
            if sign == "?":
                question = rest
            elif sign in ("=", "!"):
                reference, _, candidate = rest.partition(" | ")
                found.append(Pair(file.stem, question, reference, candidate, sign == "="))
    return found
