"""The Ray Serve application.

``build`` is what a cluster names:

    applications:
      - name: medreward
        import_path: medreward.serve.app:build
        args: {auth: {keys_dir: /etc/medreward/keys}}   # the schema of ``medreward.config.Settings``
        deployments:
          - name: Scorer                        # what may change without a restart: see ``medreward.serve.scorer``
            user_config: {checkpoint: /checkpoints/2}
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve import Application, Deployment
from ray.serve.config import BackpressureConfig
from ray.serve.grpc_util import RayServegRPCContext
from ray.serve.handle import DeploymentHandle

from medreward.assembly import build_desk, build_pipeline
from medreward.config import Settings, load_settings
from medreward.contract.v1 import reward_pb2 as pb
from medreward.ingress.auth import check_cluster, open_door
from medreward.ingress.grpc import RewardServicer
from medreward.ingress.http import create_app
from medreward.ingress.rates import Rates
from medreward.ingress.readiness import Readiness
from medreward.observability import tracing_process
from medreward.observability.audit.ingress import Audit
from medreward.observability.audit.opening import open_audit
from medreward.observability.logs_access import Watcher
from medreward.observability.metrics import make_shared_directory
from medreward.observability.observer import Observer
from medreward.serve import options
from medreward.serve.judge import RemoteJudge, bind_judge
from medreward.serve.scorer import RemoteScorer, bind_scorer

APPLICATION = "medreward"
GRPC_SERVICER = "medreward.ingress.grpc_wire.add_reward_service"
"""what ``grpc_options.grpc_servicer_functions`` must list"""


class Ingress:
    """Both doors over one pipeline; scale by replicas."""

    def __init__(
        self,
        settings: dict[str, Any],
        judge: DeploymentHandle[Any] | None = None,
        scorer: DeploymentHandle[Any] | None = None,
        *,
        local: bool = False,
    ) -> None:
        """``local``: on one machine, with HTTP where no other reaches it unless the settings let it in."""
        self._settings = load_settings(**settings)
        tracing_process.begin(self._settings, "ingress")
        make_shared_directory()
        self._judge = RemoteJudge(judge) if judge is not None else None
        replicas = self._settings.scorer.most_replicas
        self._scorer = RemoteScorer(scorer, replicas) if scorer is not None else None
        self._pipeline = build_pipeline(self._settings, judge=self._judge, scorer=self._scorer)
        self._desk = build_desk(self._settings, self._judge)
        audit = open_audit(self._settings.audit)
        self._observer = Observer(
            watcher=Watcher(self._settings.logs.texts),
            audit=None if audit is None else Audit(audit, texts=self._settings.audit.texts),
        )
        self._doorkeeper = open_door(self._settings.auth, local=local)
        self._rates = Rates(self._settings.limits.per_client, self._settings.ingress.most_replicas)
        services = {"judge": self._judge, "scorer": self._scorer}
        self._readiness = Readiness({name: service for name, service in services.items() if service is not None})
        self._servicer = RewardServicer(
            self._pipeline, self._desk, self._settings.limits, self._observer, self._doorkeeper, self._rates
        )

    async def check_health(self) -> None:
        """Ray Serve asks every ten seconds, and once before the first request: the time to learn who scores."""
        await self._readiness.learn()
        self._observer.metrics.estimated("ingress", self._pipeline.wait_s())
        self._observer.metrics.identified(
            *(service.fingerprint() if service is not None else {} for service in (self._judge, self._scorer))
        )

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Ray Serve asks for the HTTP application here, in the replica: nothing of it is pickled."""
        return create_app(
            self._pipeline,
            self._desk,
            self._settings.limits,
            self._observer,
            self._doorkeeper,
            rates=self._rates,
            readiness=self._readiness,
            ids_echoed=True,
        )

    def __del__(self) -> None:
        # Ray Serve calls it once the last request is done; what was not made to its end has no observer
        if (observer := getattr(self, "_observer", None)) is not None:
            observer.close()
        tracing_process.end()

    # Ray Serve routes a call to the method of the rpc's name, and looks for a parameter of just this name
    async def Score(self, request: pb.ScoreRequest, grpc_context: RayServegRPCContext) -> pb.ScoreResponse:
        """``RewardService.Score``."""
        return await self._servicer.Score(request, grpc_context)

    async def ScoreStream(
        self, request: pb.ScoreRequest, grpc_context: RayServegRPCContext
    ) -> AsyncIterator[pb.ScoreStreamResponse]:
        """``RewardService.ScoreStream``."""
        async for message in self._servicer.ScoreStream(request, grpc_context):
            yield message

    async def Judge(self, request: pb.JudgeRequest, grpc_context: RayServegRPCContext) -> pb.JudgeResponse:
        """``RewardService.Judge``."""
        return await self._servicer.Judge(request, grpc_context)


def build(args: dict[str, Any]) -> Application:
    """The application of a cluster, for these settings.

    Raises:
        ConfigError: naming each field that is wrong, or that it says neither where API keys are nor that none are
            needed; the deployment then fails with that message.
    """
    settings = load_settings(**args)
    check_cluster(settings)
    return bind(settings)


def bind(settings: Settings, *, local: bool = False) -> Application:
    """The application for these settings.

    Args:
        settings: all of them.
        local: it runs on this machine alone, and what lets in other machines was checked.
    """
    deployed_as = serve.deployment(
        name="Ingress",
        **options.replicas(settings.ingress),
        max_ongoing_requests=settings.ingress.max_ongoing_requests,
        max_queued_requests=settings.ingress.max_queued_requests,
        ray_actor_options=options.actor(
            settings.ingress.cpus, settings.ingress.resources, metrics_dir=str(settings.metrics_dir)
        ),
        graceful_shutdown_timeout_s=options.ending_s(settings, audits=True),
        # the default is 503 without a hint when to come back
        backpressure_config=BackpressureConfig(status_code=429, retry_after_s=1),
        logging_config=options.logging(settings.logs),
    )
    ingress: Deployment = deployed_as(serve.ingress()(Ingress))
    plain = settings.model_dump(mode="json")
    application: Application = ingress.bind(plain, bind_judge(settings), bind_scorer(settings), local=local)
    return application
