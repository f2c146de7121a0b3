"""The judge as a deployment of its own, and the ingress's side of the way to it.

It has one replica, whatever the size of the cluster: equal judgements meet in it, and its limits hold for the whole
service. It only waits for engines, so one process serves many of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from prometheus_client import CollectorRegistry
from ray import serve
from ray.serve import Application
from ray.serve.handle import DeploymentHandle

from medreward.assembly import build_judge
from medreward.config import Settings, load_settings
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.judge.canary.metrics import CanaryGauge
from medreward.judge.canary.watch import watch
from medreward.judge.service import JudgeService
from medreward.judge.types import Engine
from medreward.observability.metrics import make_shared_directory
from medreward.scoring.deadline import Deadline
from medreward.serve import options
from medreward.serve.remote import ask_again, seconds_for, told


class JudgeReplica:
    """The judge's process."""

    # Ray Serve awaits it: the deployment is ready when the engine is
    async def __init__(self, settings: dict[str, Any], llm: DeploymentHandle[Any] | None = None) -> None:  # type: ignore[misc]
        loaded = load_settings(**settings)
        engine: Engine | None = None
        if llm is not None:
            from medreward.serve.llm import LLMEngine

            engine = LLMEngine(llm, loaded.judge.vllm)
        judge = build_judge(loaded.judge, engine)
        assert judge is not None  # the application has no judge otherwise
        self._judge = judge
        await judge.start()
        self._watching = _watch_canaries(judge, loaded.judge.canary_every_s)

    async def judge(self, asks: Sequence[JudgeAsk], seconds: float) -> Judged:
        """See :meth:`medreward.judge.Judge.judge`; the deadline is in seconds from now."""
        return await self._judge.judge(asks, Deadline.after_ms(seconds * 1000))

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, seconds: float) -> Ruled:
        """See :meth:`medreward.judge.Judge.rule`; the deadline is in seconds from now."""
        return await self._judge.rule(rubric, items, explain, Deadline.after_ms(seconds * 1000))

    async def fingerprint(self) -> dict[str, str]:
        """What the semantics verdicts depend on."""
        return self._judge.fingerprint()

    async def check_health(self) -> None:
        """Ray Serve asks every ten seconds: the time to see whether the engine is still the same."""
        await self._judge.refresh()


def _watch_canaries(judge: JudgeService, every_s: float) -> asyncio.Task[NoReturn] | None:
    """The suite on the live engine, behind the same limits, and without the cache."""
    if not every_s:
        return None
    make_shared_directory()
    return asyncio.ensure_future(watch(judge.without_cache(), CanaryGauge(CollectorRegistry()), every_s))


class RemoteJudge:
    """The judge, seen from another process: one call a batch, within its deadline."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle
        self._fingerprint: Mapping[str, str] = {}

    def fingerprint(self) -> Mapping[str, str]:
        """As the judge last said it; empty before it has."""
        return self._fingerprint

    async def learn(self) -> None:
        """Asks for the fingerprint; leaves the known one when there is no answer soon."""
        if (fingerprint := await told("judge", self._handle.fingerprint.remote)) is not None:
            self._fingerprint = fingerprint

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        """See :meth:`medreward.judge.Judge.judge`."""
        judged: Judged = await ask_again(
            "judge", lambda: self._handle.judge.remote(list(asks), seconds_for(deadline, len(asks)))
        )
        self._fingerprint = judged.fingerprint
        return judged

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        """See :meth:`medreward.judge.Judge.rule`."""
        ruled: Ruled = await ask_again(
            "judge", lambda: self._handle.rule.remote(rubric, list(items), explain, seconds_for(deadline, len(items)))
        )
        return ruled


def bind_judge(settings: Settings) -> Application | None:
    """The judge's deployment, with its engine where that is one of the cluster; None when no judge is wanted."""
    wanted = settings.judge
    if wanted.engine == "none":
        return None
    deployed = serve.deployment(
        name="Judge",
        num_replicas=1,
        # it waits rather than works, and the gate behind it counts judgements: batches must not be held back here
        max_ongoing_requests=100_000,
        max_queued_requests=-1,
        ray_actor_options=options.actor(wanted.cpus, wanted.resources, metrics_dir=str(settings.metrics_dir)),
        graceful_shutdown_timeout_s=settings.drain_s,
        logging_config={"enable_access_log": False},
    )(JudgeReplica)
    plain = settings.model_dump(mode="json")
    if wanted.engine == "vllm":
        from medreward.serve.llm import build_llm

        bound: Application = deployed.bind(plain, build_llm(wanted.vllm, settings.drain_s))
    else:
        bound = deployed.bind(plain)
    return bound
