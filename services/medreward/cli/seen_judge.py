"""The judge that results are made with: what is said of it, held against what was said before.

A fingerprint of the judge is one of three things: its entries; ``{}``, when there is no judge; or None, when there is
one, or may be one, that has not said what it is (a server asks its judge when it starts, and may not be answered).

``engine_version`` is what an endpoint says of itself. It can become known, or change, while a server runs, so only the
replies that hold verdicts are sure of it: what is said otherwise is taken without it. A fingerprint without that entry
fits one of any version; nothing else that is missing fits.
"""

from __future__ import annotations

from medreward.cli.backend import Backend
from medreward.cli.types import Fingerprint, Reply, Service
from medreward.contract.types import ScoreRequest

_SURE_IN_VERDICTS_ONLY = "engine_version"


class SeenJudge:
    """The judge of one run."""

    def __init__(self, backend: Backend, known: Fingerprint | None) -> None:
        """``known``: what results that are there already were made with, or what the service says."""
        self._backend = backend
        self.known = known
        self.told = False
        """whether this run has had a verdict from it"""

    async def score(self, request: ScoreRequest) -> Reply:
        """The backend's reply; one that says nothing of a judge is completed by what the service says.

        Raises:
            CliError: as :meth:`Backend.score`.
        """
        reply = await self._backend.score(request)
        if reply.judge is None and reply.judge_counts is None and self.known != {}:
            # no verdict is in it; but a server that lost its judge's settings in a restart answers like this too
            return reply._replace(judge=of_service(await self._backend.service()))
        return reply

    def take(self, reply: Reply) -> list[str]:
        """What the reply's judge differs in from the one known, in words; when in nothing, it is known from now on."""
        counts = reply.judge_counts or {}
        has_verdicts = counts.get("failed", 0) < counts.get("asked", 0)
        said = reply.judge if has_verdicts else _unsure(reply.judge)
        different = differences(self.known, said)
        if not different:
            self.known = merged(self.known, said)
            self.told = self.told or (has_verdicts and said is not None)
        return different


def of_service(service: Service) -> Fingerprint | None:
    """What a service says of its judge, as far as that is sure."""
    return _unsure(service.judge)


def differences(before: Fingerprint | None, now: Fingerprint | None, service: str = "judge") -> list[str]:
    """What two fingerprints of a ``service`` differ in, in words; what is not known differs from nothing."""
    if before is None or now is None:
        return []
    if not before or not now:
        return [f"{service} {shown(before)}, now {shown(now)}"] if before != now else []
    names = {**before, **now}
    if not (_SURE_IN_VERDICTS_ONLY in before and _SURE_IN_VERDICTS_ONLY in now):
        names.pop(_SURE_IN_VERDICTS_ONLY, None)
    return [
        f"{service}.{name} {before.get(name) or '-'}, now {now.get(name) or '-'}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def merged(before: Fingerprint | None, now: Fingerprint | None) -> Fingerprint | None:
    """All that is known from two fingerprints without differences."""
    if before is None or now is None:
        return now if before is None else before
    return max(before, now, key=len)  # one has an entry more than the other, at most


def shown(judge: Fingerprint | None) -> str:
    """In a few words: engine, model, revision and version of the engine, as far as they are known."""
    if judge is None:
        return "not known"
    if not judge:
        return "none"
    engine = judge.get("engine", "of no name")
    named = [f"{name} {judge[name]}" for name in ("model", "revision", "engine_version") if judge.get(name)]
    return f"{engine} ({', '.join(named)})" if named else engine


def _unsure(judge: Fingerprint | None) -> Fingerprint | None:
    if judge is None:
        return None
    return {name: value for name, value in judge.items() if name != _SURE_IN_VERDICTS_ONLY}
