"""Frequent English words: they count for less than rare ones where a reference is compared."""

from __future__ import annotations

from importlib.resources import files

_LINES = (files(__package__) / "vocabulary" / "common.txt").read_text(encoding="utf-8").splitlines()
COMMON = frozenset(word for line in _LINES if not line.startswith("#") for word in line.split())
