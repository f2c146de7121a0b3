"""The trajectory scorer that results are made with: what replies say of it, held against what was said before.

Only a reply that holds scores says which checkpoint they are of, and it says that surely: a server may change its
checkpoint while it runs, so what it says otherwise may be of the one before.
"""

from __future__ import annotations

from medreward.cli.seen_judge import differences
from medreward.cli.types import Fingerprint, Reply


class SeenScorer:
    """The scorer of one run."""

    def __init__(self, known: Fingerprint | None) -> None:
        """``known``: what results that are there already were made with."""
        self.known = known
        """None: no score has come from any yet"""
        self.told = False
        """whether this run has had a score from it"""

    def take(self, reply: Reply) -> list[str]:
        """What the reply's scorer differs in from the one known, in words; when in nothing, it is known from now on."""
        different = differences(self.known, reply.scorer, "scorer")
        if not different and reply.scorer is not None:
            self.known, self.told = reply.scorer, True
        return different


def scorer_shown(scorer: Fingerprint | None) -> str:
    """In a few words."""
    if not scorer:
        return "not known"
    return f"{scorer.get('name', 'of no name')} (checkpoint {scorer.get('checkpoint', 'not known')})"
