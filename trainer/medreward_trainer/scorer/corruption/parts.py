"""A trajectory in parts: the paragraphs of its stages, or their sentences where there are no paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from medreward.scorer import ScorerAsk

PARAGRAPH_MIN = 2
"""a stage of fewer lines than this is cut into its sentences"""

SAME_ANSWER = 0.5
"""a text that shares this much of its words with an answer speaks of it; two answers that do may mean the same"""

# A full stop ends a sentence where a capital follows, but not in "Dr. Smith", "vs. Crohn", "1. A dark area".
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!Dr\.)(?<!vs\.)(?<!No\.)(?<!\d\.)\s+(?=[\"'(]?[A-Z])")
_WORD = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
_COMMON = frozenset((resources.files(__package__) / "common_words.txt").read_text(encoding="utf-8").split())


class Parts(NamedTuple):
    """A trajectory and the parts that it is made of."""

    ask: ScorerAsk
    stage: tuple[int, ...]
    """for each part, the index of its stage"""
    texts: tuple[str, ...]
    joints: tuple[str, ...]
    """for each stage, what stands between its parts"""

    @staticmethod
    def of(ask: ScorerAsk) -> Parts:
        """The parts of ``ask``; joined again they give its stages, but for white space."""
        stage: list[int] = []
        texts: list[str] = []
        joints: list[str] = []
        for index, (_, text) in enumerate(ask.stages):
            lines = [line.strip() for line in text.split("\n") if line.strip()]
            whole = len(lines) >= PARAGRAPH_MIN
            parts = lines if whole else sentences(text)
            joints.append("\n" if whole else " ")
            stage += [index] * len(parts)
            texts += parts
        return Parts(ask, tuple(stage), tuple(texts), tuple(joints))

    def put(self, texts: Sequence[str | None], answer: str | None = None) -> ScorerAsk:
        """The trajectory with these ``texts`` in the parts' places; ``None`` leaves a part out. ``answer`` replaces it.

        Raises:
            ValueError: when there are not as many texts as parts.
        """
        filled: list[list[str]] = [[] for _ in self.ask.stages]
        for stage, text in zip(self.stage, texts, strict=True):
            if text is not None:
                filled[stage].append(text)
        stages = tuple(
            (name, joint.join(parts))
            for (name, _), joint, parts in zip(self.ask.stages, self.joints, filled, strict=True)
        )
        return ScorerAsk(self.ask.question, stages, self.ask.answer if answer is None else answer)

    def exchanged(self, index: int, text: str, answer: str | None = None) -> ScorerAsk:
        """The trajectory with one part replaced."""
        return self.put([text if at == index else own for at, own in enumerate(self.texts)], answer)

    def elsewhere(self, index: int) -> str:
        """Everything said but the part: question, the other parts, answer."""
        others = [text for at, text in enumerate(self.texts) if at != index]
        return "\n".join([self.ask.question, *others, self.ask.answer])


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, none of them empty."""
    return [part for part in (" ".join(part.split()) for part in _SENTENCE_END.split(text)) if part]


@lru_cache(maxsize=65_536)
def words(text: str) -> frozenset[str]:
    """The words of ``text`` that carry content, small."""
    return frozenset(_WORD.findall(text.lower())) - _COMMON


def overlap(one: str, other: str) -> float:
    """Share of the content words of the shorter text that stand in the other too; 0 where one has none."""
    here, there = words(one), words(other)
    return len(here & there) / min(len(here), len(there)) if here and there else 0.0


def length(text: str) -> int:
    """In words."""
    return len(text.split())


def apart(one: str, other: str) -> float:
    """How much two texts differ in length, from 0 to 1."""
    longest = max(length(one), length(other), 1)
    return abs(length(one) - length(other)) / longest


def concluding(parts: Parts) -> str:
    """Of the last part the last sentence that says the answer, or the very last where none does."""
    told = sentences(parts.texts[-1])
    return next((text for text in reversed(told) if overlap(text, parts.ask.answer) >= SAME_ANSWER), told[-1])
