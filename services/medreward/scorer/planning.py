"""Which of the trajectories that wait go into the next forward.

The one that has waited longest always does, so none waits without end. The room beside it is filled with those nearest
to it in length, so that little of the batch is padding. Nobody waits for a batch to fill: what is there is taken.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Waiting(Generic[Item]):
    """Items of known lengths. Not safe for several threads at a time."""

    def __init__(self, multiple: int = 8) -> None:
        """``multiple``: lengths are rounded up to it, as the forward pads them."""
        self._multiple = multiple
        self._tickets = count()
        self._order: OrderedDict[int, tuple[int, Item]] = OrderedDict()
        """ticket -> padded length and item, from the one that has waited longest"""
        self._by_length: dict[int, OrderedDict[int, Item]] = {}
        self._lengths: list[int] = []
        """those with items, sorted"""

    def __len__(self) -> int:
        return len(self._order)

    def add(self, item: Item, tokens: int) -> int:
        """Takes an item in, behind all others; returns the ticket to :meth:`drop` it with."""
        length = -(-tokens // self._multiple) * self._multiple
        ticket = next(self._tickets)
        self._order[ticket] = (length, item)
        if length not in self._by_length:
            self._by_length[length] = OrderedDict()
            insort(self._lengths, length)
        self._by_length[length][ticket] = item
        return ticket

    def drop(self, tickets: Iterable[int]) -> None:
        """Forgets those of these that are here still."""
        for ticket in tickets:
            if ticket in self._order:
                self._remove(ticket)

    def take(self, budget: int) -> list[Item]:
        """The next batch, of which ``items * longest length <= budget``, but for an item that is alone; may be empty.

        Args:
            budget: tokens of a forward, padding included.
        """
        if not self._order:
            return []
        first, (widest, _) = next(iter(self._order.items()))
        chosen = [first]
        for length, ticket in self._from(widest):
            if ticket == first:
                continue
            if (len(chosen) + 1) * max(widest, length) > budget:
                break
            widest = max(widest, length)
            chosen.append(ticket)
        return [self._remove(ticket) for ticket in chosen]

    def _from(self, length: int) -> Iterator[tuple[int, int]]:
        """All tickets with their lengths: those nearest to ``length`` first, among equals by time."""
        above = bisect_left(self._lengths, length)
        below = above - 1
        while below >= 0 or above < len(self._lengths):
            up = self._lengths[above] - length if above < len(self._lengths) else None
            down = length - self._lengths[below] if below >= 0 else None
            if down is None or (up is not None and up < down):
                nearest, above = self._lengths[above], above + 1
            else:
                # shorter ones before longer ones that are as near: they widen nothing
                nearest, below = self._lengths[below], below - 1
            for ticket in self._by_length[nearest]:
                yield nearest, ticket

    def _remove(self, ticket: int) -> Item:
        length, item = self._order.pop(ticket)
        same = self._by_length[length]
        del same[ticket]
        if not same:
            del self._by_length[length]
            self._lengths.pop(bisect_left(self._lengths, length))
        return item
