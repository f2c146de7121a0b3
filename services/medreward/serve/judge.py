"""The judge as a deployment of its own, and the ingress's side of the way to it.

It has one replica, whatever the size of the cluster: equal judgements meet in it, and its limits hold for the whole
service. It only waits for engines, so one process serves many of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec
from prometheus_client import CollectorRegistry
from ray import serve
from ray.serve import Application
from ray.serve.handle import DeploymentHandle

from medreward.assembly import build_judge
from medreward.config import Settings, load_settings
from medreward.contract.errors import Overbooked
from medreward.contract.types import JudgeCounts
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.judge.canary.metrics import CanaryGauge
from medreward.judge.canary.watch import watch
from medreward.judge.service import JudgeService
from medreward.judge.types import Engine
from medreward.observability import tracing, tracing_process
from medreward.observability.audit.opening import open_audit
from medreward.observability.audit.replies import ReplyAudit
from medreward.observability.catalogue import gauge
from medreward.observability.judge_metrics import JudgeMetrics
from medreward.observability.metrics import make_shared_directory
from medreward.scoring.deadline import Deadline
from medreward.serve import options
from medreward.serve.remote import ask_again, seconds_for, told


class JudgeReplica:
    """The judge's process."""

    # Ray Serve awaits it: the deployment is ready when the engine is
    async def __init__(self, settings: dict[str, Any], llm: DeploymentHandle[Any] | None = None) -> None:  # type: ignore[misc]
        loaded = load_settings(**settings)
        tracing_process.begin(loaded, "judge")
        engine: Engine | None = None
        if llm is not None:
            from medreward.serve.llm import LLMEngine

            engine = LLMEngine(llm, loaded.judge.vllm)
        audit = open_audit(loaded.audit)
        self._audit = None if audit is None else ReplyAudit(audit, texts=loaded.audit.texts)
        judge = build_judge(loaded.judge, engine, self._audit, loaded.admission)
        assert judge is not None  # the application has no judge otherwise
        self._judge = judge
        make_shared_directory()
        registry = CollectorRegistry()
        judge.watched_by(JudgeMetrics(registry))
        self._waits = gauge("medreward_estimated_wait_seconds", registry)
        await judge.start()
        self._watching = _watch_canaries(judge, loaded.judge.canary_every_s, registry)

    async def judge(
        self, asks: Sequence[JudgeAsk], seconds: float, carried: Mapping[str, str] | None = None
    ) -> Judged | Overbooked:
        """See :meth:`medreward.judge.Judge.judge`; the deadline is in seconds from now."""
        with tracing.resumed(carried, "judge", asks=len(asks)) as span:
            try:
                judged = await self._judge.judge(asks, Deadline.after_ms(seconds * 1000))
            except Overbooked as error:
                # handed over, not raised: Ray logs a traceback of what is raised, and these come by the hundred
                return error
            span.set(**_counted(judged.counts))
            return judged

    async def rule(
        self,
        rubric: str,
        items: Sequence[Mapping[str, str]],
        explain: bool,
        seconds: float,
        carried: Mapping[str, str] | None = None,
    ) -> Ruled | Overbooked:
        """See :meth:`medreward.judge.Judge.rule`; otherwise as :meth:`judge`."""
        with tracing.resumed(carried, "judge", asks=len(items), rubric=rubric) as span:
            try:
                ruled = await self._judge.rule(rubric, items, explain, Deadline.after_ms(seconds * 1000))
            except Overbooked as error:
                return error
            span.set(**_counted(ruled.counts))
            return ruled

    async def fingerprint(self) -> dict[str, str]:
        """What the semantics verdicts depend on."""
        return self._judge.fingerprint()

    async def check_health(self) -> None:
        """Ray Serve asks every ten seconds: the time to see whether the engine is still the same."""
        self._waits.labels("judge").set(self._judge.wait_s())
        await self._judge.refresh()

    def __del__(self) -> None:
        # Ray Serve calls it once the last request is done
        if (audit := getattr(self, "_audit", None)) is not None:
            audit.close()
        tracing_process.end()


def _counted(counts: JudgeCounts) -> dict[str, int]:
    return {name: count for name, count in msgspec.structs.asdict(counts).items() if count}


def _watch_canaries(judge: JudgeService, every_s: float, registry: CollectorRegistry) -> asyncio.Task[NoReturn] | None:
    """The suite on the live engine, behind the same limits, and without the cache."""
    if not every_s:
        return None
    return asyncio.ensure_future(watch(judge.without_cache(), CanaryGauge(registry), every_s))


class RemoteJudge:
    """The judge, seen from another process: one call a batch, within its deadline."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle
        self._fingerprint: Mapping[str, str] = {}
        self.silent = False
        """it did not answer :meth:`learn` the last time"""

    def fingerprint(self) -> Mapping[str, str]:
        """As the judge last said it; empty before it has."""
        return self._fingerprint

    async def learn(self) -> None:
        """Asks for the fingerprint; leaves the known one when there is no answer soon."""
        fingerprint = await told("judge", self._handle.fingerprint.remote)
        self.silent = fingerprint is None
        if fingerprint is not None:
            self._fingerprint = fingerprint

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        """See :meth:`medreward.judge.Judge.judge`."""
        with tracing.span("judge.call", "client", asks=len(asks)):
            carried = tracing.carried()
            judged: Judged = await ask_again(
                "judge", lambda: self._handle.judge.remote(list(asks), seconds_for(deadline, len(asks)), carried)
            )
        self._fingerprint = judged.fingerprint
        return judged

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        """See :meth:`medreward.judge.Judge.rule`."""
        with tracing.span("judge.call", "client", asks=len(items)):
            carried = tracing.carried()
            ruled: Ruled = await ask_again(
                "judge",
                lambda: self._handle.rule.remote(
                    rubric, list(items), explain, seconds_for(deadline, len(items)), carried
                ),
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
        graceful_shutdown_timeout_s=options.ending_s(settings, audits=True),
        logging_config=options.logging(settings.logs),
    )(JudgeReplica)
    plain = settings.model_dump(mode="json")
    if wanted.engine == "vllm":
        from medreward.serve.llm import build_llm

        bound: Application = deployed.bind(plain, build_llm(wanted.vllm, settings.drain_s))
    else:
        bound = deployed.bind(plain)
    return bound
