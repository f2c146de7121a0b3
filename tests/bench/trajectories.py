"""Bursts of trajectories as GRPO makes them: groups of eight over a question, think and LVKC, of mixed lengths."""

from __future__ import annotations

import random

from medreward.scorer import ScorerAsk
from medreward.scorer.encoding import MARKS, readable

GROUP = 8
_SIDES, _PLACES = ("left", "right"), ("upper zone", "mid zone", "lung base", "hilum", "costophrenic angle", "apex")
_FINDINGS = ("a patchy opacity", "a rounded nodule", "a thin pleural line", "blunting", "a dense consolidation")
_SENTENCES = (
    "I first look at the {side} {place}, where there is {finding} whose border is not sharp.",
    "Compared with the other side, the {place} is darker and the vessels can be followed to the chest wall.",
    "{finding} in the {side} {place} may be due to fluid, infection or a mass, and the history does not tell.",
    "The heart is of normal size, with a ratio of about {number} percent, and the mediastinum is not shifted.",
    "Air bronchograms within {finding} speak for an alveolar process rather than for fluid.",
    "No rib fracture is seen, and the soft tissues of the {side} chest wall show nothing.",
    "The diaphragm on the {side} stands {number} mm higher than expected, which fits some loss of volume.",
    "So the best explanation of {finding} in the {side} {place} is the one that the question offers.",
)
_QUESTIONS = (
    "Is there {finding} in the {side} {place} on this chest radiograph?",
    "What explains the appearance of the {side} {place}?",
    "Which side shows {finding}, and in which zone does it lie?",
)
_STAGES = ("localization", "visual", "knowledge", "conclusion")


def burst(size: int, seed: int) -> list[ScorerAsk]:
    """``size`` different trajectories, ``GROUP`` of them to a question; other seeds give others."""
    numbers = random.Random(seed)
    asks: list[ScorerAsk] = []
    while len(asks) < size:
        question = _write(numbers, _QUESTIONS, 1)
        for _ in range(min(GROUP, size - len(asks))):
            if numbers.random() < 0.5:
                stages = _stages(numbers)
            else:
                stages = (("think", _write(numbers, _SENTENCES, numbers.randint(2, 16))),)
            asks.append(ScorerAsk(question, stages, f"{numbers.choice(_FINDINGS)}, {numbers.randint(0, 9999)}"))
    return asks


def pair(ask: ScorerAsk) -> tuple[str, str]:
    """Question and trajectory as two texts that a BERT's tokenizer reads as the scorer's encoder reads the ask."""
    parts = [f"{MARKS[name]} : {readable(text)}" for name, text in ask.stages]
    return readable(ask.question), " [SEP] ".join([*parts, f"answer : {readable(ask.answer)}"])


def _stages(numbers: random.Random) -> tuple[tuple[str, str], ...]:
    # no two alike: the encoder announces a repetition, which a pair of texts does not
    texts: dict[str, None] = {}
    while len(texts) < len(_STAGES):
        texts[_write(numbers, _SENTENCES, numbers.randint(1, 4))] = None
    return tuple(zip(_STAGES, texts, strict=True))


def _write(numbers: random.Random, templates: tuple[str, ...], count: int) -> str:
    return " ".join(
        numbers.choice(templates).format(
            side=numbers.choice(_SIDES),
            place=numbers.choice(_PLACES),
            finding=numbers.choice(_FINDINGS),
            number=numbers.randint(2, 60),
        )
        for _ in range(count)
    )
