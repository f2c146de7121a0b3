"""What a trajectory means, before any word of it is chosen."""

from __future__ import annotations

from typing import Literal

import msgspec

from .lexicon import entities

Side = Literal["left", "right"]


class Fact(msgspec.Struct, frozen=True):
    """Something is there or is not."""

    entity: str
    """an id of the vocabulary"""
    present: bool
    side: Side | None = None
    """the patient's side; ``None``: not on one side, or about both"""
    area: int = 0
    """which of the entity's areas"""

    @property
    def placed(self) -> bool:
        """Whether a site can be named: always, but for a paired entity without a side."""
        return self.side is not None or not entities()[self.entity].paired

    def mirrored(self) -> Fact:
        """The same on the other side."""
        if self.side is None:
            return self
        return msgspec.structs.replace(self, side="left" if self.side == "right" else "right")

    def denied(self) -> Fact:
        """The opposite."""
        return msgspec.structs.replace(self, present=not self.present)


class Claim(msgspec.Struct, frozen=True):
    """One of the answers that a question has, and what must be seen for it."""

    facts: tuple[Fact, ...]
    """the first is what the conclusion names; all are seen"""
    verdict: Literal["yes", "no"]
    """whether the conclusion asserts or denies the first fact's entity (with a scope: that the scope is abnormal)"""
    answer: str
    scope: str | None = None
    """a part of the body of which the conclusion speaks as a whole"""
    sided: bool = False
    """whether the conclusion must name the side or site, since the answer does"""

    def mirrored(self) -> Claim:
        """The same on the other side, answer untouched."""
        return msgspec.structs.replace(self, facts=tuple(fact.mirrored() for fact in self.facts))


class Case(msgspec.Struct, frozen=True):
    """A question, its right answer and its wrong ones."""

    question: str
    """with its options, one a line"""
    gold: Claim
    rivals: tuple[Claim, ...]
    """claims that exclude the right one and each other; at least one"""
    domain: str
    """a tag of the vocabulary: what else the image may show"""
    boxes: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()
    """boxes that are known: entity id and ``y1, x1, y2, x2`` on the 0-1000 grid"""
    peers: tuple[tuple[str, int], ...] = ()
    """what the data set's questions are about: entity id and how often. Strangers are drawn so, so that a word is
    as frequent in a corrupted stage as in a sound one"""


class Sketch(msgspec.Struct, frozen=True):
    """One trajectory's meaning."""

    claim: Claim
    asides: tuple[Fact, ...] = ()
    """observations that decide nothing"""
    against: str | None = None
    """an entity that is weighed and dropped: in the knowledge, the conclusion, or both"""
    boxes: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()

    @property
    def main(self) -> Fact:
        """What the conclusion is about."""
        return self.claim.facts[0]
