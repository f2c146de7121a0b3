"""The trajectory scorer as a deployment of its own, and the ingress's side of the way to it.

Its replicas know nothing of each other, so there may be as many as there are GPUs or cores for them.

What may change without a restart is the deployment's ``user_config``, with the entries ``checkpoint`` and ``sha256``
of the settings. Ray Serve hands a changed one to each replica in turn, which goes on scoring by the present checkpoint
until the new one is loaded: no request waits for it, and none is lost. When the new one cannot be used, the present one
stays, and ``GET /v1/info`` says why; raising would make Ray Serve replace a replica that scores by one that cannot.
(``args`` of the application are code to Ray Serve: when they change, it replaces all replicas.)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from ray import serve
from ray.exceptions import RayError
from ray.serve import Application
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from medreward.config import ConfigError, Settings, load_settings
from medreward.contract.errors import Overbooked, ServiceError
from medreward.observability import tracing, tracing_process
from medreward.observability.catalogue import gauge
from medreward.observability.scorer_metrics import ScorerMetrics
from medreward.observability.shared import make_shared_directory
from medreward.rewards.types import Outcome, unscored
from medreward.scorer import ScorerAsk, Scores
from medreward.scorer.checkpoint import CheckpointError
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings
from medreward.scoring.deadline import Deadline
from medreward.serve import options
from medreward.serve.remote import ask_again, seconds_for, told

log = logging.getLogger(__name__)

_PART = 256  # trajectories of a batch that go to one replica, where there are several

CHANGEABLE = frozenset({"checkpoint", "sha256"})
"""settings that ``user_config`` may hold"""


class Status(NamedTuple):
    """What a replica says of itself."""

    fingerprint: Mapping[str, str]
    problem: str


class ScorerReplica:
    """The scorer's process."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Nothing is loaded yet: Ray Serve calls :meth:`reconfigure` next."""
        loaded = load_settings(**settings)
        tracing_process.begin(loaded, "scorer")
        self._settings = loaded.scorer
        self._scorer = ScorerService(self._settings, admission=loaded.admission)
        make_shared_directory()
        registry = CollectorRegistry()
        self._scorer.watched_by(ScorerMetrics(registry))
        self._waits = gauge("medreward_estimated_wait_seconds", registry)
        self._swaps: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Loads the checkpoint that ``user_config`` names; the first before it returns, any other beside the present.

        Raises:
            CheckpointError, ConfigError: there is none yet, and the first cannot be used: the deployment fails.
        """
        if not self._scorer.fingerprint():
            await self._scorer.swap(changed(self._settings, user_config))
            return
        swap = asyncio.ensure_future(self._swap(user_config))
        self._swaps.add(swap)
        swap.add_done_callback(self._swaps.discard)

    async def _swap(self, user_config: dict[str, Any]) -> None:
        # one after another: what the last of them comes to is what is told
        async with self._turn:
            try:
                await self._scorer.swap(changed(self._settings, user_config))
            except ConfigError as error:
                self._scorer.problem = str(error)
                log.error("the checkpoint stays: %s", error)
            except CheckpointError as error:
                log.error("the checkpoint stays: %s", error)

    async def score(
        self, asks: Sequence[ScorerAsk], seconds: float, carried: Mapping[str, str] | None = None
    ) -> Scores | Overbooked:
        """See :meth:`medreward.scorer.Scorer.score`; the deadline is in seconds from now."""
        with tracing.resumed(carried, "scorer", asks=len(asks)) as span:
            try:
                scores = await self._scorer.score(asks, Deadline.after_ms(seconds * 1000))
            except Overbooked as error:
                # handed over, not raised: Ray logs a traceback of what is raised, and these come by the hundred
                return error
            span.set(scored=sum(outcome.status == "ok" for outcome in scores.outcomes))
            return scores

    async def status(self) -> Status:
        """What scores here."""
        return Status(self._scorer.fingerprint(), self._scorer.problem)

    async def check_health(self) -> None:
        """Ray Serve replaces the replica when this raises."""
        self._waits.labels("scorer").set(self._scorer.wait_s())
        self._scorer.check()

    def __del__(self) -> None:
        # Ray Serve calls it once the last request is done
        tracing_process.end()


class RemoteScorer:
    """The scorer, seen from another process: one call a batch, or several where there may be several replicas."""

    def __init__(self, handle: DeploymentHandle[Any], replicas: int = 1) -> None:
        """``replicas``: how many there may be. Parts that meet in one replica are put together again there."""
        self.problem = ""
        """see :class:`medreward.scorer.Scorer`"""
        self._handle = handle
        self._replicas = replicas
        self._fingerprint: Mapping[str, str] = {}
        self.silent = False
        """it did not answer :meth:`learn` the last time"""

    def fingerprint(self) -> Mapping[str, str]:
        """As the scorer last said it; empty before it has."""
        return self._fingerprint

    async def learn(self) -> None:
        """Asks a replica what scores; leaves what is known when there is no answer soon."""
        status = await told("scorer", self._handle.status.remote)
        self.silent = status is None
        if status is not None:
            self._fingerprint, self.problem = status

    async def score(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores:
        """See :meth:`medreward.scorer.Scorer.score`."""
        parts = _parts(asks, self._replicas)
        answers = await asyncio.gather(*(self._part(part, deadline) for part in parts))
        said = [answer.fingerprint for answer in answers if isinstance(answer, Scores)]
        if any(fingerprint != said[0] for fingerprint in said):
            # the replicas are changing to another checkpoint, and one batch is scored by one: one replica gets it all
            again = await self._part(asks, deadline)
            if isinstance(again, Scores):
                parts, answers, said = [asks], [again], [again.fingerprint]
            else:
                # what the first of them says stands
                answers = [again if isinstance(one, Scores) and one.fingerprint != said[0] else one for one in answers]
        if not said:
            # every part failed; any of their errors says why
            raise next(answer for answer in answers if isinstance(answer, ServiceError))
        self._fingerprint = said[0]
        outcomes: list[Outcome] = []
        for part, answer in zip(parts, answers, strict=True):
            if isinstance(answer, Scores):
                outcomes += answer.outcomes
            else:
                outcomes += [unscored(answer.status, answer.detail)] * len(part)
        return Scores(outcomes, said[0])

    async def _part(self, asks: Sequence[ScorerAsk], deadline: Deadline) -> Scores | ServiceError:
        def call() -> Any:
            return self._handle.score.remote(list(asks), seconds_for(deadline, len(asks)), tracing.carried())

        # a replica is in time when it can be; one that is lost must not take along what the others have done
        within_s = (seconds_for(deadline, len(asks)) + deadline.remaining()) / 2
        try:
            with tracing.span("scorer.call", "client", asks=len(asks)):
                async with asyncio.timeout(within_s):
                    scores: Scores = await ask_again("scorer", call)
        except ServiceError as error:
            return error
        except TimeoutError:
            return ServiceError("timeout", "the scorer did not answer before the deadline")
        except (RayError, RayServeException) as error:
            log.exception("the scorer failed")
            return ServiceError("unavailable", f"the scorer failed: {type(error).__name__}")
        return scores


def _parts(asks: Sequence[ScorerAsk], replicas: int) -> list[Sequence[ScorerAsk]]:
    if replicas == 1 or not asks:
        return [asks]
    return [asks[first : first + _PART] for first in range(0, len(asks), _PART)]


def changed(settings: ScorerSettings, user_config: Mapping[str, Any]) -> ScorerSettings:
    """The settings, with what ``user_config`` says in their place.

    Raises:
        ConfigError: it says what may not change without a restart, or makes no sense.
    """
    if unknown := sorted(set(user_config) - CHANGEABLE):
        raise ConfigError(f"user_config of Scorer: {', '.join(unknown)}: may hold {', '.join(sorted(CHANGEABLE))}")
    try:
        return ScorerSettings.model_validate({**settings.model_dump(), **user_config})
    except ValueError as error:
        raise ConfigError(f"user_config of Scorer: {error}") from None


def bind_scorer(settings: Settings) -> Application | None:
    """The scorer's deployment; None when no scorer is wanted."""
    wanted = settings.scorer
    if wanted.checkpoint == "none":
        return None
    deployed = serve.deployment(
        name="Scorer",
        **options.replicas(wanted),
        # the queue behind it counts trajectories: batches must not be held back here, where they would not be mixed
        max_ongoing_requests=100_000,
        max_queued_requests=-1,
        ray_actor_options=options.actor(
            wanted.cpus, wanted.resources, gpus=wanted.gpus, metrics_dir=str(settings.metrics_dir)
        ),
        graceful_shutdown_timeout_s=options.ending_s(settings, audits=False),
        user_config=wanted.model_dump(mode="json", include=set(CHANGEABLE)),
        logging_config=options.logging(settings.logs),
    )(ScorerReplica)
    bound: Application = deployed.bind(settings.model_dump(mode="json"))
    return bound
