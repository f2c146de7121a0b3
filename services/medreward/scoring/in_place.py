"""How long a batch was worked on in this process, and at what; whoever wants to know hands one in with the request."""

from __future__ import annotations

from collections import defaultdict


class InPlace:
    """Seconds, summed over the rollouts of a batch; they grow while it is scored."""

    __slots__ = ("components", "parse")

    def __init__(self) -> None:
        self.parse = 0.0
        """reading the responses"""
        self.components: defaultdict[str, float] = defaultdict(float)
        """each component, for the rollouts where neither judge nor scorer was needed for it"""
