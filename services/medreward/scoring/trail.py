"""How the verdicts of a request came about, beyond what its reply says; whoever keeps them hands one in with it."""

from __future__ import annotations

from collections.abc import Sequence

from medreward.judge import Judgement


class Trail:
    """The judgements behind a reply. Empty where the judge was not asked, failed as a whole, or does not tell."""

    __slots__ = ("judgements",)

    def __init__(self) -> None:
        self.judgements: dict[tuple[int, str], Sequence[Judgement]] = {}
        """by the position in the request, and the component or rubric"""

    def judged(self, position: int, name: str, judgements: Sequence[Judgement]) -> None:
        """What the judge said for one component of a rollout, or for an item under a rubric."""
        self.judgements[position, name] = judgements
