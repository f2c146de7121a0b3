"""vLLM in the cluster: the LLM deployment, and the engine that reaches it over a handle.

JudgeService -> LLMEngine -> handle -> JudgeLLMServer (a replica) -> vLLM
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ray.exceptions import RayActorError, RayError, RayTaskError, TaskCancelledError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from medreward.config import DRAIN_S
from medreward.judge.engines import chat
from medreward.judge.engines.failures import short
from medreward.judge.settings import VLLM as Settings
from medreward.judge.types import Completion, EngineError, Prompt
from medreward.scoring.deadline import Deadline
from medreward.serve import options

if TYPE_CHECKING:
    from ray.serve import Application
    from ray.serve.llm import LLMConfig

MODEL_ID = "judge"
"""what the deployment calls its model, whichever it is"""

_ONGOING = 100_000
"""calls that a replica takes at a time: far above the judge's own limit, since Serve's router stalls near it"""

_OURS = frozenset(
    {
        "max_model_len",
        "max_num_seqs",
        "tensor_parallel_size",
        "revision",
        "tokenizer_revision",
        "enable_prompt_tokens_details",
        "generation_config",
        "seed",
    }
)
"""arguments of vLLM's engine that settings of their own or the fingerprint decide"""

_LOOKUP_S = 30.0
"""seconds that a replica may take to describe itself"""
_REFRESH_S = 5.0
"""the same, where nobody waits for it"""
_PAUSE_S = 1.0

log = logging.getLogger(__name__)


class Ask(NamedTuple):
    """A chat-completions request on its way to a replica."""

    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, str]]:
        """Where the prefix router looks for the prompt."""
        messages: list[dict[str, str]] = self.body["messages"]
        return messages


def build_llm(settings: Settings, drain_s: float = DRAIN_S) -> Application:
    """The LLM deployment; it needs vLLM installed wherever it is built and wherever it runs.

    Args:
        settings: section ``judge.vllm``.
        drain_s: seconds that a replica may finish its judgements when it goes.

    Raises:
        ValueError: ``engine_kwargs`` holds what another setting decides, or what vLLM does not know.
    """
    from ray.serve.llm import build_llm_deployment

    from medreward.serve.llm_server import JudgeLLMServer

    application: Application = build_llm_deployment(
        llm_config(settings, drain_s),
        name_prefix="",
        deployment_cls=JudgeLLMServer,
        override_serve_options={"name": "LLM"},
    )
    return application


def llm_config(settings: Settings, drain_s: float = DRAIN_S) -> LLMConfig:
    """The settings as Ray Serve's.

    The revision goes to the engine and the tokenizer: Ray hands a name on the hub through to vLLM, which loads just
    that commit, and offline refuses any other.

    Raises:
        ValueError: as ``build_llm``.
    """
    from ray.serve.llm import LLMConfig

    if taken := sorted(_OURS & settings.engine_kwargs.keys()):
        raise ValueError(f"vllm.engine_kwargs: {', '.join(taken)}: not here; the judge's own settings decide it")
    local = Path(settings.model).is_absolute()
    revision = {} if local else {"revision": settings.revision, "tokenizer_revision": settings.revision}
    return LLMConfig(
        model_loading_config={"model_id": MODEL_ID, "model_source": settings.model},
        engine_kwargs={
            "enable_prefix_caching": True,
            **settings.engine_kwargs,
            **revision,
            "max_model_len": settings.max_model_len,
            "max_num_seqs": settings.max_num_seqs,
            "tensor_parallel_size": settings.tensor_parallel_size,
            "enable_prompt_tokens_details": True,
            "generation_config": "vllm",  # not the model's own: what is sampled is what the fingerprint says
            "seed": chat.SEED,
        },
        deployment_config=deployment(settings, drain_s),
        runtime_env={"env_vars": {"VLLM_NO_USAGE_STATS": "1", **settings.env}},
        log_engine_metrics=True,
        **hardware(settings),
    )


def hardware(settings: Settings) -> dict[str, Any]:
    """What a replica runs on, as arguments of Ray Serve's ``LLMConfig``."""
    arguments: dict[str, Any] = {"accelerator_config": {"kind": settings.device}}
    if settings.device == "gpu":
        arguments["accelerator_type"] = settings.accelerator_type
        arguments["placement_group_config"] = {
            # Ray adds what the replica's own process takes to the first: each bundle lies on the nodes meant for it
            "bundle_per_worker": {"CPU": 1, "GPU": 1, **settings.resources},
            "strategy": settings.placement_strategy,
        }
    return arguments


def deployment(settings: Settings, drain_s: float) -> dict[str, Any]:
    """The deployment's own options, for ``LLMConfig.deployment_config``."""
    chosen: dict[str, Any] = {
        **options.replicas(settings),
        "max_ongoing_requests": _ONGOING,
        "ray_actor_options": options.actor(1, settings.resources),
        "graceful_shutdown_timeout_s": drain_s,
        "health_check_period_s": 2,  # a dead engine fails every call until Serve has noticed
        "logging_config": {"enable_access_log": False},
    }
    if settings.router == "prefix":
        chosen["request_router_config"] = {
            "request_router_class": "ray.serve.llm.request_router:PrefixCacheAffinityRouter"
        }
    return chosen


class LLMEngine:
    """The engine over the LLM deployment's handle; for a process inside the cluster."""

    def __init__(self, handle: DeploymentHandle[Any], settings: Settings) -> None:
        self._handle = handle
        self._settings = settings
        self._revision = settings.revision
        self._version = "unknown"

    async def start(self) -> None:
        """Waits for a replica, and asks it what ``identity`` tells: vLLM's version and the digest of local weights.

        To be awaited before the first prompt. Loading 70B parameters takes minutes; it has no limit of its own, since
        Ray Serve shows a deployment that is not up yet as such.

        Raises:
            EngineError: the replica answers, and cannot tell.
        """
        while True:
            try:
                await self._learn(_LOOKUP_S)
                return
            except EngineError as error:
                if error.status != "timeout" and not error.retryable:
                    raise
                log.info("waiting for vLLM: %s", error.detail)
                await asyncio.sleep(_PAUSE_S)

    async def refresh(self) -> None:
        """Asks again: a replica that was replaced may run another vLLM. Left as it was when there is no answer soon."""
        try:
            await self._learn(_REFRESH_S)
        except EngineError as error:
            log.warning("vLLM does not tell its version: %s", error.detail)

    def identity(self) -> Mapping[str, str]:
        """Engine, model, revision (of local weights: their digest), version and sampling."""
        kwargs = self._settings.engine_kwargs
        shaping = {name: kwargs[name] for name in sorted(kwargs) if name not in _NO_INFLUENCE}
        return {
            "engine": "vllm",
            "model": self._settings.model,
            "revision": self._revision,
            "engine_version": self._version,
            "sampling": " ".join([chat.sampling("vllm"), *(f"{name}={value}" for name, value in shaping.items())]),
        }

    async def ready(self) -> None:
        """Returns when a replica answers.

        Raises:
            EngineError: why none does.
        """
        await self._call("describe", _LOOKUP_S)

    async def complete(self, prompt: Prompt, deadline: Deadline) -> Completion:
        """A replica's answer. When it is cancelled or late, vLLM aborts the work.

        Raises:
            EngineError: ``timeout``; ``overloaded`` when Serve's queue is full; ``unavailable`` when the replica died
                (asking again reaches another, or its successor) or vLLM refused the request.
        """
        seconds = deadline.remaining()
        if seconds <= 0:
            raise EngineError("timeout", "no time was left to ask vLLM")
        reply = await self._call("answer", seconds, Ask(chat.body(prompt, MODEL_ID, "vllm")))
        if isinstance(error := reply.get("error"), Mapping):
            raise _refusal(error)
        return chat.completion(reply, chat.begun(prompt, "vllm"))

    async def close(self) -> None:
        """Nothing to give back: Serve keeps the handle's connections."""

    async def _learn(self, seconds: float) -> None:
        told: dict[str, str] = await self._call("describe", seconds)
        self._version = told["engine_version"]
        self._revision = self._settings.revision or told["digest"]

    async def _call(self, method: str, seconds: float, *args: object) -> Any:
        # Serve takes the ids of a call from the context it is made in. Calls of one request would share them, and
        # vLLM's and the prefix router's books with them; from a blank context each has its own.
        response = contextvars.Context().run(getattr(self._handle, method).remote, *args)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await response
        except asyncio.CancelledError:
            _cancel(response)
            raise
        except TimeoutError:
            if not limit.expired():
                raise EngineError(
                    "unavailable", "vLLM's replica reports a timeout of its own", retryable=True
                ) from None
            _cancel(response)
            raise EngineError("timeout", f"vLLM did not answer in {seconds:.3g} s") from None
        except (RayError, RayServeException) as error:
            raise _failure(error) from error


_NO_INFLUENCE = frozenset({"enable_log_requests", "gpu_memory_utilization", "hf_token"})
"""arguments of vLLM's engine that no verdict depends on, or that must not be shown"""


def _cancel(response: Any) -> None:
    # a call that failed at that very moment says so here: nobody waits for it any more
    with contextlib.suppress(RayError, RayServeException):
        response.cancel()


def _refusal(error: Mapping[str, Any]) -> EngineError:
    code = error.get("code")
    message = short(str(error.get("message", "no reason given")), None)
    if code == 429:
        return EngineError("overloaded", f"vLLM: {message}", retryable=True)
    again = isinstance(code, int) and code >= 500
    return EngineError("unavailable", f"vLLM: {message} ({code})", retryable=again)


def _failure(error: RayError | RayServeException) -> EngineError:
    if isinstance(error, BackPressureError):
        return EngineError("overloaded", "the LLM deployment's queue is full", retryable=True)
    if isinstance(error, RayTaskError) and not isinstance(
        error, (RayActorError, RayServeException, TaskCancelledError)
    ):
        # an exception of the replica's code: the same call would raise it again
        cause = f"{type(error.cause).__name__}: {error.cause}"
        return EngineError("unavailable", f"the LLM replica failed: {short(cause, None)}")
    return EngineError(
        "unavailable", f"the LLM replica is lost: {type(error).__name__}: {short(str(error), None)}", retryable=True
    )
