"""Changes that leave a trajectory sound: less of it, or its findings in another order."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from medreward.scorer import ScorerAsk
from medreward_trainer.scorer.corruption.parts import Parts, concluding, length, sentences

OTHERS = (3, 7)
"""of the parts beside those that must stay, how many a shortened trajectory has, drawn evenly"""
FEWEST = 3
"""parts that a shortened trajectory keeps, however long"""

# A part that begins so, or speaks so, leans on the one before it.
_LEANS = re.compile(
    r"^(?:additionally|also|and|based on|but|consequently|despite|finally|first|further|given|hence|however|"
    r"in conclusion|in summary|it|lastly|moreover|next|on the other hand|overall|second|since|so|such|then|therefore|"
    r"third|thus|to)\b"
    r"|\b(?:this|these|that|those|above|latter|former|previous|earlier|likewise|similarly|integrating|combination)\b",
    re.IGNORECASE,
)


def shortened(parts: Parts, budget: int, rng: random.Random, keep: frozenset[int] = frozenset()) -> ScorerAsk | None:
    """Some parts left out and others reduced to one sentence, so that about ``budget`` words remain.

    The last part stays, if only in the sentence that concludes; those of ``keep`` stay whole, so the result may be
    longer. A part after one left out is taken only if it does not lean on it. ``None`` where everything fits already.
    """
    if sum(map(length, parts.texts)) <= budget:
        return None
    last = len(parts.texts) - 1
    texts: list[str | None] = [None] * last + [parts.texts[last]]
    for at in keep:
        texts[at] = parts.texts[at]
    order = [at for at in range(last) if at not in keep]
    rng.shuffle(order)
    for at in order[: rng.randint(*OTHERS)]:
        if at == 0 or texts[at - 1] is not None or not _LEANS.search(parts.texts[at]):
            texts[at] = parts.texts[at]
    # from the beginning nothing leans on what is not there
    for at in range(last):
        if _kept(texts) < FEWEST:
            texts[at] = parts.texts[at]
    free = [at for at in range(last + 1) if texts[at] is not None and at not in keep]
    for at in sorted(free, key=lambda at: -length(parts.texts[at])):
        if _size(texts) > budget:
            texts[at] = concluding(parts) if at == last else sentences(parts.texts[at])[0]
    for at in order:
        if _size(texts) > budget and _kept(texts) > FEWEST:
            texts[at] = None
    return parts.put(texts)


def _kept(texts: Sequence[str | None]) -> int:
    return sum(text is not None for text in texts)


def _size(texts: Sequence[str | None]) -> int:
    return sum(length(text) for text in texts if text is not None)


def reordered(parts: Parts, rng: random.Random) -> ScorerAsk | None:
    """Two neighbouring parts of one stage change places, where neither leans on what is before it."""
    pairs = [
        at
        for at in range(len(parts.texts) - 2)
        if parts.stage[at] == parts.stage[at + 1]
        and not any(_LEANS.search(parts.texts[place]) for place in (at, at + 1))
        # what follows may lean on the second of them
        and not _LEANS.search(parts.texts[at + 2])
    ]
    if not pairs:
        return None
    at = rng.choice(pairs)
    texts = list(parts.texts)
    texts[at], texts[at + 1] = texts[at + 1], texts[at]
    return parts.put(texts)
