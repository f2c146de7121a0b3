"""What a matcher hands back, and the one error it raises.

A wrong, hedged or unreadable *answer* is never an error: it earns 0 and the detail says why. An unreadable
*reference* is nobody's wrong answer, so it is raised and the caller reports ``invalid_input``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple


class Verdict(NamedTuple):
    """An exact-accuracy reward and the reason for it."""

    value: float
    """0.0 or 1.0"""
    detail: str
    """short and printable: it names options by their keys and never quotes the answer"""


class BadReference(ValueError):
    """The reference answer or the choices make no sense, whatever the policy said."""

    field: Literal["reference.answer", "choices"]

    def __init__(self, field: Literal["reference.answer", "choices"], problem: str) -> None:
        """``field`` is the request field at fault, ``problem`` a short sentence about it."""
        super().__init__(f"{field}: {problem}")
        self.field = field


def names(keys: Iterable[str]) -> str:
    """Spell option keys the way a sentence needs them: ``A``, ``A and C``, ``A, C and D``."""
    ordered = sorted(keys, key=lambda key: (len(key), key))
    return " and ".join([", ".join(ordered[:-1]), ordered[-1]]) if len(ordered) > 1 else "".join(ordered)
