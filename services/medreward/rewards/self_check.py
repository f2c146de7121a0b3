"""self_check: did the self-check turn a wrong answer into a right one? (MEDSAGE, self-check-guided retry)

    r_sc = 1[a1 != y and a2 == y]

Where one factor is 0 the credit is 0, whatever the other would have been.

It is credit for the self-check tokens: the trainer gives them the advantage ``alpha * r_sc``. It is reported with alpha
as its weight and never summed into the reward.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreward.rewards.semantics import meaning
from medreward.rewards.types import Outcome, Params, Pending, Sample, scored, unscored


def self_check(sample: Sample, params: Params) -> Outcome | Pending:
    """1 when the first answer is wrong and the retry's is right, else 0; absent when that cannot be decided."""
    if sample.first is None:
        return scored(0.0, "no retry", {"retry": "none"})
    attempts = [meaning(sample.rollout, text, sample.explain) for text in (sample.first, sample.trajectory)]
    asks = tuple(ask for attempt in attempts if isinstance(attempt, Pending) for ask in attempt.asks)

    def finish(answers: Sequence[Outcome]) -> Outcome:
        waiting = iter(answers)
        first, second = (next(waiting) if isinstance(a, Pending) else a for a in attempts)
        return _credit(first, second)

    return Pending("judge", asks, finish) if asks else finish(())


def _credit(first: Outcome, second: Outcome) -> Outcome:
    verdicts = f"first answer {_word(first)} ({first.detail}), retry {_word(second)} ({second.detail})"
    if first.value == 1.0 or second.value == 0.0:
        return scored(0.0, verdicts, _explained(first, second))
    for outcome in (first, second):
        if outcome.value is None:
            return unscored(outcome.status, verdicts)
    return scored(float(second.value == 1.0), verdicts, _explained(first, second))


def _explained(first: Outcome, second: Outcome) -> dict[str, str]:
    return {"first": _word(first), "retry": _word(second)}


def _word(outcome: Outcome) -> str:
    if outcome.value is None:
        return "undecided"
    return "right" if outcome.value == 1.0 else "wrong"
