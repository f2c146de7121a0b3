"""The tokens of a rollout after its prompt, and who wrote them.

====  ===================================================================================
tag   token
====  ===================================================================================
0     of the chat template or of a prompt in between: not the policy's, mask 0
1     of the first attempt
2     of the self-check
3     of the second attempt
====  ===================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

TEMPLATE: Final = 0
FIRST: Final = 1
CHECK: Final = 2
SECOND: Final = 3
NAMES: Final[dict[int, str]] = {TEMPLATE: "template", FIRST: "first", CHECK: "self_check", SECOND: "second"}


@dataclass
class Segments:
    """Token ids, mask (1: written by the policy), log-probabilities and tags; all of one length."""

    ids: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    logprobs: list[float] | None = None
    """natural logarithms under the sampling policy, 0 of template tokens; None while the engine gives none"""
    tags: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def say(self, tag: int, ids: Sequence[int], logprobs: Sequence[float] | None) -> None:
        """The policy wrote ``ids``.

        Raises:
            ValueError: log-probabilities are not one for each token, or there were some before and now none.
        """
        if logprobs is not None and len(logprobs) != len(ids):
            raise ValueError(f"{len(logprobs)} log-probabilities for {len(ids)} tokens")
        if self.ids and (logprobs is None) != (self.logprobs is None):
            raise ValueError("some turns have log-probabilities and some have none")
        if logprobs is not None:
            self.logprobs = [*(self.logprobs or []), *logprobs]
        self._extend(ids, 1, tag)

    def put(self, ids: Sequence[int]) -> None:
        """The template wrote ``ids``."""
        if self.logprobs is not None:
            self.logprobs.extend([0.0] * len(ids))
        self._extend(ids, 0, TEMPLATE)

    def drop(self, count: int) -> None:
        """Takes the last ``count`` tokens away: some templates rewrite the end of a turn when the next begins."""
        if count:
            for items in (self.ids, self.mask, self.tags, self.logprobs):
                if items is not None:
                    del items[-count:]

    def _extend(self, ids: Sequence[int], mask: int, tag: int) -> None:
        self.ids.extend(ids)
        self.mask.extend([mask] * len(ids))
        self.tags.extend([tag] * len(ids))


def check_limit(left: int, attempt: int, check: int) -> int:
    """Most tokens of the self-check, such that the second attempt has its own.

    Args:
        left: tokens of the response that are neither written nor needed by the prompts in between.
        attempt: most tokens of an attempt.
        check: most tokens of a self-check.

    Returns:
        Where both do not fit, the self-check takes at most a third; 0: there is no room for a retry.
    """
    if left < 2:
        return 0
    return max(1, min(check, left - attempt if left - attempt >= check else left // 3))
