"""Answers and conclusions that do not follow: another case's, after this case's reasoning."""

from __future__ import annotations

import random

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption.parts import SAME_ANSWER, Parts, apart, concluding, overlap

TOUCHED = SAME_ANSWER / 2
"""a part that shares this much of its words with an answer already speaks for it"""


def other_answer(parts: Parts, donor: Parts) -> bool:
    """Whether the donor's answer is plainly another than this one's."""
    theirs = donor.ask.answer
    return bool(theirs) and overlap(parts.ask.answer, theirs) < SAME_ANSWER and not _said(parts, theirs)


def wrong_answer(parts: Parts, donor: Parts, rng: random.Random) -> ScorerAsk | None:
    """The answer is the donor's; the reasoning still concludes its own."""
    if not other_answer(parts, donor) or not _said(parts, parts.ask.answer):
        return None
    return parts.put(parts.texts, donor.ask.answer)


def conclusion_conflict(parts: Parts, donor: Parts, rng: random.Random) -> ScorerAsk | None:
    """The last part is the donor's conclusion, with its answer, or in one of three with the answer as it was."""
    if (
        len(parts.texts) < 3
        or not other_answer(parts, donor)
        or overlap(donor.texts[-1], donor.ask.answer) < SAME_ANSWER
    ):
        return None
    return parts.exchanged(
        len(parts.texts) - 1, _concluded(parts, donor), None if rng.random() < 1 / 3 else donor.ask.answer
    )


def unsupported_leap(parts: Parts, donor: Parts, rng: random.Random) -> ScorerAsk | None:
    """What spoke for the answer is cut, and the donor's conclusion and answer follow on what is left."""
    inner = parts.texts[:-1]
    kept: list[str | None] = [text if overlap(text, parts.ask.answer) < TOUCHED else None for text in inner]
    if not any(kept) or all(kept) or not _concludes_otherwise(parts, donor):
        return None
    if any(text is not None and overlap(text, donor.ask.answer) >= TOUCHED for text in kept):
        return None
    return parts.put([*kept, _concluded(parts, donor)], donor.ask.answer)


def _concludes_otherwise(parts: Parts, donor: Parts) -> bool:
    """Whether the donor's last part says its answer, and that is plainly another than this one's."""
    return other_answer(parts, donor) and overlap(donor.texts[-1], donor.ask.answer) >= SAME_ANSWER


def _concluded(parts: Parts, donor: Parts) -> str:
    """The donor's conclusion, whole or in one sentence, whichever is more as long as this one's."""
    return min(donor.texts[-1], concluding(donor), key=lambda text: apart(text, parts.texts[-1]))


def _said(parts: Parts, answer: str) -> bool:
    """Whether the reasoning speaks of that answer."""
    return any(overlap(text, answer) >= SAME_ANSWER for text in parts.texts)
