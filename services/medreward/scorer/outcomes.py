"""What becomes of a trajectory: what the model reads of it, or why nothing; and of its logit: a value, or why none."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from medreward.rewards.types import Outcome, scored, unscored
from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import Calibration
from medreward.scorer.encoding import Encoded, readable
from medreward.scorer.line import NoLogit
from medreward.scorer.types import Weights

log = logging.getLogger(__name__)

_NOT_ENCODED = unscored("unavailable", "the scorer: the trajectory could not be encoded")


def outcome_of(logit: float | NoLogit, encoded: Encoded, weights: Weights) -> Outcome:
    """The calibrated value, and what it is; a logit that is no number has none."""
    if isinstance(logit, NoLogit):
        return unscored("unavailable", f"the scorer: {logit.reason}")
    if not math.isfinite(logit):
        return unscored("unavailable", f"the scorer: the logit is {logit}")
    cut = f"; cut: {encoded.cut}" if encoded.cut else ""
    explanation = {"logit": logit, "tokens": len(encoded.ids)}
    return scored(calibrated(logit, weights.calibration), f"trajectory score of {weights.name}{cut}", explanation)


def calibrated(logit: float, calibration: Calibration) -> float:
    """``sigmoid(slope * logit + intercept)``, in [0, 1]."""
    x = calibration.slope * logit + calibration.intercept
    small = math.exp(-abs(x))  # of the other sign, it could overflow
    return 1 / (1 + small) if x >= 0 else small / (1 + small)


def read(weights: Weights, asks: Sequence[ScorerAsk]) -> list[Encoded | Outcome]:
    """In a thread: what the model reads of each ask, or its outcome where there is nothing for the model to read."""
    done: list[Encoded | Outcome] = [_empty(ask) or _NOT_ENCODED for ask in asks]
    worded = [index for index, one in enumerate(done) if one is _NOT_ENCODED]
    try:
        encoded = weights.encode([asks[index] for index in worded])
    except Exception:
        if len(asks) == 1:
            log.exception("a trajectory could not be encoded")
            return [_NOT_ENCODED]
        # one at a time: the others are not to suffer for it
        return [one for ask in asks for one in read(weights, [ask])]
    for index, one in zip(worded, encoded, strict=True):
        done[index] = one
    return done


def _empty(ask: ScorerAsk) -> Outcome | None:
    if any(any(map(str.isalnum, readable(text))) for _, text in ask.stages):
        return None
    return scored(0.0, "no words in the trajectory")
