"""Rollouts whose trajectories a scorer reads, and the values that it gives them when it is asked without a server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from medreward.contract import types as t
from medreward.parsing import parse
from medreward.rewards.consistency import consistency
from medreward.rewards.types import Params, Pending, Sample
from medreward.scorer import ScorerAsk
from tests.tiny_scorer import ask


def rollout(number: int, words: int | None = None) -> t.Rollout:
    """The ``number``-th of a series of different ones, of mixed lengths if ``words`` is not given."""
    stages = dict(ask(number, words).stages)
    response = (
        f"<LOC>the base</LOC><VISUAL>{stages['visual']}</VISUAL><KNOWLEDGE>fluid blunts the angle</KNOWLEDGE>"
        f"<CON>{stages['conclusion']}</CON><ANSWER>yes</ANSWER>"
    )
    return t.Rollout(
        id=f"r{number}",
        question="Is there an effusion?",
        question_type="closed_ended",
        response=response,
        reference=t.Reference("yes"),
    )


def asked(given: t.Rollout) -> ScorerAsk:
    """What the scorer is asked of a rollout."""
    pending = consistency(Sample(given, parse(given.response or ""), None, False), Params())
    assert isinstance(pending, Pending)
    (one,) = pending.asks
    assert isinstance(one, ScorerAsk)
    return one


def offline(checkpoint: Path, rollouts: Iterable[t.Rollout]) -> list[float]:
    """Each trajectory alone, by the model's own forward."""
    from medreward.scorer.checkpoint import open_checkpoint
    from medreward.scorer.model import Model
    from medreward.scorer.outcomes import calibrated

    opened = open_checkpoint(checkpoint)
    model = Model.load(opened)
    encoded = model.encoder.encode([asked(given) for given in rollouts])
    return [calibrated(model.logits([one])[0], opened.card.calibration) for one in encoded]
