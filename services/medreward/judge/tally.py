"""Counting while a batch is judged; what is counted is ``contract.types.JudgeCounts``."""

from __future__ import annotations

from medreward.contract.types import JudgeCounts
from medreward.judge.types import Completion


class Tally:
    """Counts, as they grow: of one batch, or of work that several batches wait for."""

    def __init__(self) -> None:
        self.asked = 0
        self.short_cuts = 0
        self.cache_hits = 0
        self.coalesced = 0
        self.engine_calls = 0
        self.retries = 0
        self.failed = 0
        self.swapped = 0
        self.low_references = 0
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.completion_tokens = 0

    def completed(self, completion: Completion) -> None:
        """An engine's call came back."""
        self.prompt_tokens += completion.prompt_tokens
        self.cached_tokens += completion.cached_tokens
        self.completion_tokens += completion.completion_tokens

    def take(self, other: Tally) -> None:
        """Takes over what ``other`` has counted so far, which starts again from 0."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)
            setattr(other, name, 0)

    def counts(self) -> JudgeCounts:
        """As they stand."""
        return JudgeCounts(**vars(self))
