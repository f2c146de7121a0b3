"""Recipes and results, as far as the command line looks into them.

Fields that are not named here are passed over: a server newer than this client may send more.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from medreward.contract.codec import Limits

NO_LIMIT = 2**62

Fingerprint = dict[str, str]
"""what a judge's verdicts, or a scorer's scores, depend on; empty: there is none"""


class Service(NamedTuple):
    """What scores."""

    version: str
    limits: Limits
    """what it takes; ``NO_LIMIT`` where it does not say"""
    judge: Fingerprint | None
    """what it says of its judge; None: it has one, which has not said what it is"""


class ComponentInfo(msgspec.Struct, frozen=True):
    """A component of a recipe."""

    weight: float
    reward: str = ""
    applies_to: str = "response"


class RecipeInfo(msgspec.Struct, frozen=True):
    """A recipe, as ``GET /v1/recipes`` tells it."""

    name: str
    components: dict[str, ComponentInfo]
    hash: str
    """of everything in it"""
    summary: str = ""
    gates: list[str] = []

    @property
    def weights(self) -> dict[str, float]:
        """Of each component: results of equal ones may stand in one file."""
        return {name: component.weight for name, component in self.components.items()}


class SeenComponent(msgspec.Struct, frozen=True):
    """A component of a result."""

    status: str
    weight: float
    detail: str = ""
    value: float | None = None
    applies_to: str | None = None

    @property
    def counts(self) -> bool:
        """Whether the reward is absent when this is."""
        return self.applies_to is None and self.weight != 0.0


class SeenResult(msgspec.Struct, frozen=True):
    """A result."""

    id: str
    components: dict[str, SeenComponent]
    reward: float | None = None
    detail: str | None = None

    @property
    def weights(self) -> dict[str, float]:
        """Of each component, as :attr:`RecipeInfo.weights`."""
        return {name: component.weight for name, component in self.components.items()}


class Scored(NamedTuple):
    """A result as it was sent, and what is seen of it."""

    json: bytes
    seen: SeenResult


class Reply(NamedTuple):
    """The results of a batch, and what they were made with."""

    results: list[Scored]
    version: str
    recipe_hash: str
    judge: Fingerprint | None
    """None: nothing is said of a judge"""
    judge_counts: dict[str, int] | None
    """how the judge came to its verdicts, as ``contract.types.JudgeCounts``; None: it was not asked"""
    scorer: Fingerprint | None = None
    """None: no trajectory scorer was asked, or there is none"""


decode_result = msgspec.json.Decoder(SeenResult).decode
"""One result from its JSON; raises ``msgspec.DecodeError``."""
