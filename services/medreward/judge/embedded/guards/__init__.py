"""Guards: what no similarity outweighs. Each is pure: (reference, candidate, question) -> reason or None."""

from __future__ import annotations

from collections.abc import Callable

from ..units import Reading
from .hedging import hedging
from .numbers import numbers
from .opposites import opposites
from .place import place
from .polarity import polarity
from .side import side

Guard = Callable[[Reading, Reading, Reading], "str | None"]

GUARDS: dict[str, Guard] = {
    "hedging": hedging,
    "polarity": polarity,
    "side": side,
    "opposites": opposites,
    "numbers": numbers,
    "place": place,
}
"""in the order in which they are asked"""

__all__ = ["GUARDS", "Guard", "hedging", "numbers", "opposites", "place", "polarity", "side"]
