"""What all replies of a report were made with."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from medreward.cli.backend import Backend
from medreward.cli.errors import CliError, Unusable
from medreward.cli.seen_judge import SeenJudge, of_service
from medreward.cli.seen_scorer import SeenScorer
from medreward.cli.types import Fingerprint, Reply
from medreward.contract.types import ScoreRequest


class Made(NamedTuple):
    """It, as far as it is known."""

    version: str
    recipe_hash: str
    """empty where nothing was asked"""
    judge: Fingerprint | None
    """as ``seen_judge`` tells it"""
    scorer: Fingerprint | None = None
    """as ``seen_scorer`` tells it"""

    def plain(self) -> dict[str, Any]:
        """As JSON says it."""
        return self._asdict()


class Making:
    """Scores, as long as what scores stays the same: numbers of two judges make no report."""

    def __init__(self, version: str, judge: SeenJudge) -> None:
        """``version`` and ``judge`` as the service says before it is asked."""
        self._version = version
        self._recipe_hash = ""
        self._judge = judge
        self._scorer = SeenScorer(None)

    @classmethod
    async def begin(cls, backend: Backend, deadline_ms: int) -> Self:
        """Learns what scores.

        Raises:
            Unusable: the deadline is longer than it takes.
            CliError: the server is lost.
        """
        service = await backend.service()
        if deadline_ms > service.limits.deadline_ms:
            raise Unusable(f"--deadline-ms: at most {service.limits.deadline_ms} are taken, not {deadline_ms}")
        return cls(service.version, SeenJudge(backend, of_service(service)))

    async def score(self, request: ScoreRequest) -> Reply:
        """The backend's reply, to be taken in order by :meth:`take`. Raises as :meth:`Backend.score`."""
        return await self._judge.score(request)

    def take(self, reply: Reply) -> None:
        """Holds the reply against those before it.

        Raises:
            CliError: it was made otherwise; the message names what differs.
        """
        pairs = (
            ("version", self._version, reply.version),
            ("recipe_hash", self._recipe_hash or reply.recipe_hash, reply.recipe_hash),
        )
        differing = [f"{name} {was}, now {now}" for name, was, now in pairs if was != now]
        differing += self._judge.take(reply) + self._scorer.take(reply)
        if differing:
            raise CliError(f"what scores has changed meanwhile: {'; '.join(differing)}")
        self._recipe_hash = reply.recipe_hash

    def made(self) -> Made:
        """What it was until now."""
        return Made(self._version, self._recipe_hash, self._judge.known, self._scorer.known)
