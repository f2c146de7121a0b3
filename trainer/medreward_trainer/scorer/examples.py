"""What the scorer is shown: sound and unsound trajectories of one question, and which split they belong to."""

from __future__ import annotations

import hashlib
from typing import Final, Literal, get_args

import msgspec

from medreward.scorer import ScorerAsk

Corruption = Literal[
    "stage_swap",  # a stage of another case in its place
    "side_flip",  # left for right in one stage, not in the others
    "negation_flip",  # present for absent in one stage, not in the others
    "conclusion_conflict",  # a conclusion against the findings
    "knowledge_mismatch",  # knowledge about something else than what was seen
    "skipped_stage",  # a stage of the four is missing
    "repeated_stage",  # a stage's content stands again in another's place, or twice
    "wrong_answer",  # the answer is not what the conclusion says
    "unsupported_leap",  # the conclusion asserts what no stage speaks of
]
"""how an unsound trajectory was made of a sound one"""

Variant = Literal[
    "plain",
    "paraphrase",  # the same said otherwise
    "reordered",  # findings in another order
    "other_region",  # another region that is right too: wider, closer, or the other name of it
    "shortened",  # less said, nothing missing: balances length
]
"""how a sound trajectory was written"""

Judged = Literal["judged_right", "judged_wrong"]
"""written by a model; people or judges decided"""

Kind = Variant | Corruption | Judged
CORRUPTIONS: Final[tuple[str, ...]] = get_args(Corruption)
VARIANTS: Final[tuple[str, ...]] = get_args(Variant)

Split = Literal["train", "tune", "test"]
"""``tune`` calibrates and chooses; ``test`` is only ever reported"""

GRAMMAR: Final = "grammar"
"""the writer of trajectories that were made here"""


class Example(msgspec.Struct, frozen=True):
    """One trajectory."""

    ask: ScorerAsk
    """as the service is asked: question with its options, stages in order of appearance, answer"""
    kind: Kind
    writer: str = GRAMMAR
    """the model that wrote it, or :data:`GRAMMAR`"""

    @property
    def sound(self) -> bool:
        """Whether it is a positive."""
        return self.kind == "judged_right" or self.kind in VARIANTS


class Contrast(msgspec.Struct, frozen=True):
    """Sound and unsound trajectories of one question; at least one of each where it trains."""

    source: str
    """data set: ``slake``, ``rad_restruct``, ``chestx``, ``medrbench``, ``openi``"""
    group: str
    """image, report or case: what a split never divides"""
    sound: tuple[Example, ...]
    unsound: tuple[Example, ...]

    @property
    def split(self) -> Split:
        """The split of its group: four in five train, one in ten each tunes and tests."""
        return split_of(self.source, self.group)


def split_of(source: str, group: str) -> Split:
    """A group's split, by a hash of its name: the same on every machine, whatever else is in the data."""
    place = hashlib.sha256(f"{source}/{group}".encode()).digest()[0]
    return "train" if place < 205 else "tune" if place < 230 else "test"
