"""Weights without a model: the logit of a trajectory is the number that its last word says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from medreward.scorer import ScorerAsk
from medreward.scorer.checkpoint import Calibration
from medreward.scorer.encoding import Encoded
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings


class FakeWeights:
    def __init__(self, name: str = "fake", budget: int = 64, lanes: int = 1) -> None:
        self.name = name
        self.calibration = Calibration(1.0, 0.0)
        self.budget = budget
        self.lanes = lanes
        self.fingerprint = {"name": name, "checkpoint": f"hash of {name}"}
        self.batches: list[list[float]] = []
        """the logits of each forward"""
        self.first = threading.Event()
        """set when a forward has begun"""
        self.go = threading.Event()
        """forwards wait for it"""
        self.go.set()
        self.then: Callable[[list[float]], Any] = lambda logits: logits
        """what a forward makes of the logits"""

    def begin_thread(self) -> None:
        pass

    def encode(self, asks: Sequence[ScorerAsk]) -> list[Encoded]:
        for ask in asks:
            if "\ud800" in ask.stages[0][1]:
                raise UnicodeEncodeError("utf-8", ask.stages[0][1], 0, 1, "surrogates not allowed")
        return [
            Encoded([int(ask.stages[0][1].split()[-1])] * 8, 1, "long" if ask.answer == "cut" else "") for ask in asks
        ]

    def logits(self, batch: Sequence[Encoded]) -> list[float]:
        logits = [float(item.ids[0]) for item in batch]
        self.batches.append(logits)
        self.first.set()
        assert self.go.wait(60)
        made: list[float] = self.then(logits)
        return made


def service(*weights: FakeWeights, **settings: Any) -> ScorerService:
    """Loads the first of the weights, and the next at each swap."""
    loads = iter(weights or (FakeWeights(),))
    return ScorerService(ScorerSettings(checkpoint="fake", **settings), lambda wanted: next(loads))


def ask(number: int, answer: str = "") -> ScorerAsk:
    return ScorerAsk("question", (("think", f"the number {number}"),), answer)
