"""Remembering what short texts led to: a cache whose memory is bounded, whoever chooses the texts.

``lru_cache`` bounds the number of entries, not their size: 4096 references of 256 000 characters would be gigabytes.
What is worth remembering is short anyway: the references and answers that the rollouts of a group share.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Concatenate, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Remembered(Generic[P, R]):
    """A pure function of a text, and of what else must be hashable; see :func:`remember`."""

    def __init__(self, function: Callable[Concatenate[str, P], R], entries: int, longest: int) -> None:
        self._function = function
        self._cached: Callable[..., R] = lru_cache(entries)(function)
        self._longest = longest
        update_wrapper(self, function)

    def __call__(self, text: str, /, *rest: P.args, **named: P.kwargs) -> R:
        """What the function returns or raises."""
        if len(text) > self._longest:
            return self._function(text, *rest, **named)
        return self._cached(text, *rest, **named)

    def cache_clear(self) -> None:
        """Forgets all."""
        self._cached.cache_clear()  # type: ignore[attr-defined]


def remember(entries: int, longest: int) -> Callable[[Callable[Concatenate[str, P], R]], Remembered[P, R]]:
    """Decorates a pure function whose first argument is a text: the last ``entries`` results are kept.

    Args:
        entries: results kept; those least recently used go first.
        longest: characters of a text for which a result is kept at all.
    """

    def over(function: Callable[Concatenate[str, P], R]) -> Remembered[P, R]:
        return Remembered(function, entries, longest)

    return over
