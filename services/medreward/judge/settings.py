"""Settings of the judge: section ``judge`` of :class:`medreward.config.Settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import Field, field_validator, model_validator

from medreward.replicas import Replicated, Resources
from medreward.section import Section

DEFAULT_MODEL = "aaditya/Llama3-OpenBioLLM-70B"


def _check_port(field: str, parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


class LowReference(Section):
    """What to do when the judge scores the reference itself low: any equally bad answer would then be right."""

    below: int = Field(5, ge=1, le=10)
    """a reference scored under this is low, on the scale from 1 to 10 (another rubric's scale is taken in
    proportion); 1: none is"""
    action: Literal["mark", "unscored"] = "mark"
    """``mark`` says it in ``detail``; ``unscored`` leaves the reward absent"""


class Cache(Section):
    """Finished verdicts, kept under the full fingerprint of engine, prompt and sampling."""

    kind: Literal["memory", "redis", "none"] = "memory"
    entries: int = Field(100_000, ge=1)
    """verdicts kept in memory; the least recently used go first"""
    ttl_s: float = Field(7 * 86_400, gt=0)
    """seconds that a verdict is kept"""
    redis_url: str = ""
    """``redis://host:6379/0``; a password belongs in the environment variable ``redis_password_env``"""
    redis_password_env: str = "MEDREWARD_REDIS_PASSWORD"
    """environment variable of the judge's process with the password; unset: none"""
    redis_timeout_s: float = Field(0.25, gt=0, le=10)
    """seconds that a look into Redis may take; beyond it the verdict is asked for anew"""

    @model_validator(mode="after")
    def _redis_has_url(self) -> Self:
        if self.kind == "redis" and not self.redis_url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("redis_url: with kind redis it must be redis://, rediss:// or unix://")
        parts = urlsplit(self.redis_url)
        if parts.password or parts.username or "password" in parse_qs(parts.query):
            raise ValueError("redis_url: no password here; name the variable that holds it in redis_password_env")
        _check_port("redis_url", parts)
        return self


class OpenAI(Section):
    """An OpenAI-compatible endpoint: vLLM, SGLang, or a gateway."""

    base_url: str = ""
    """up to and with ``/v1``"""
    model: str = DEFAULT_MODEL
    """as the endpoint calls it"""
    revision: str = ""
    """of the weights that it serves; it enters the fingerprint, since the endpoint itself does not tell"""
    api_key_env: str = "OPENAI_API_KEY"
    """environment variable of the judge's process with the key; unset: none is sent"""
    api_key_file: Path | None = None
    """file with the key, as a mounted secret; it comes before the variable"""
    structured: Literal["vllm", "sglang", "json_schema", "none"] = "vllm"
    """how the endpoint is asked to keep to the verdict's form; ``none``: it is only asked for in the prompt"""
    connect_timeout_s: float = Field(5.0, gt=0, le=60)
    """seconds to get a connection"""

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        parts = urlsplit(value)
        if parts.username or parts.password:
            raise ValueError("no user or key here; a key belongs in api_key_file, or the variable named in api_key_env")
        _check_port("base_url", parts)
        return value.rstrip("/")


class VLLM(Replicated):
    """vLLM in the cluster, as an LLM deployment of Ray Serve."""

    model: str = DEFAULT_MODEL
    """name on the hub, or a local directory"""
    revision: str = ""
    """commit of the weights, 40 hexadecimal digits; required unless ``model`` is a directory"""
    device: Literal["gpu", "cpu"] = "gpu"
    """``cpu`` takes vLLM's CPU build, for tests"""
    accelerator_type: str | None = None
    """of the GPUs, as Ray names it (``H100``); none: any"""
    tensor_parallel_size: int = Field(1, ge=1, le=64)
    """GPUs of a replica; OpenBioLLM-70B in bf16 takes 141 GB of weights: two H200 or four H100"""
    placement_strategy: Literal["STRICT_PACK", "PACK", "SPREAD", "STRICT_SPREAD"] = "STRICT_PACK"
    """where the GPUs of a replica lie; ``STRICT_PACK``: on one node"""
    max_model_len: int = Field(4096, ge=128)
    """tokens of prompt and verdict"""
    max_num_seqs: int = Field(256, ge=1)
    """judgements that a replica decodes at a time"""
    router: Literal["default", "prefix"] = "default"
    """``prefix`` sends equal prefixes to the same replica; measured, it found no more cached tokens and was slower"""
    engine_kwargs: dict[str, Any] = {}
    """further arguments of vLLM's engine"""
    env: dict[str, str] = {}
    """further environment of the engine's processes"""


class JudgeSettings(Section):
    """The judge of open-ended answers, and of every rubric."""

    engine: Literal["embedded", "openai", "vllm", "none"] = "embedded"
    """``embedded`` needs no model and says so in every reply; with ``none`` what needs a judge is absent"""
    rubric_dirs: list[Path] = []
    """directories with rubrics of your own, one folder each, beside the shipped ones"""
    semantics_rubric: str = "semantics"
    """the two-score rubric that decides the semantics reward"""
    within: float = Field(2.0, gt=0, le=10)
    """the answer is right when its score differs from the reference's by less than this (the paper: 2)"""
    scoring: Literal["integer", "expected"] = "integer"
    """``integer``: the scores as written (the paper); ``expected``: their mean under the log probabilities"""
    swap: Literal["never", "border", "always"] = "never"
    """ask again with the two answers exchanged, and average: never, only near the border, or always"""
    border: float = Field(1.0, ge=0, le=10)
    """near the border: the difference lies this close to ``within``"""
    order: Literal["shared", "paper"] = "shared"
    """order of the prompt: what a group of rollouts shares first, or as in the paper"""
    early_stop: bool = True
    """stop after the last score, unless the reason is asked for"""
    candidate_chars: int = Field(2000, ge=1)
    """characters of an answer that the judge reads"""
    context_chars: int = Field(8000, ge=1)
    """characters of the visual context that the judge reads"""
    reason_chars: int = Field(400, ge=1, le=4000)
    """characters of a reason"""
    low_reference: LowReference = LowReference()
    max_concurrency: int = Field(256, ge=1)
    """judgements that the engine works on at a time, over the whole service"""
    max_queued: int = Field(16_384, ge=0)
    """judgements that wait for the engine before more are ``overloaded``"""
    rate_per_s: float | None = Field(None, gt=0)
    """judgements a second that the engine may be asked; none: no limit"""
    call_timeout_s: float = Field(60.0, gt=0, le=3600)
    """seconds that one judgement may take in the engine, whatever the request's deadline"""
    retries: int = Field(1, ge=0, le=5)
    """times that a judgement is asked again when the engine failed and asking again is safe"""
    canary_every_s: float = Field(0.0, ge=0)
    """seconds between runs of the canary suite on the live judge; 0: none"""
    cpus: float = Field(0.1, ge=0, le=64)
    """CPU cores that Ray sets aside for the judge's process"""
    resources: Resources = {}
    """custom resources of Ray that the judge's process takes: name -> amount"""
    cache: Cache = Cache()
    openai: OpenAI = OpenAI()
    vllm: VLLM = VLLM()

    @model_validator(mode="after")
    def _engine_is_described(self) -> Self:
        if self.engine == "openai" and not self.openai.base_url:
            raise ValueError("openai.base_url: required with engine openai")
        if self.engine == "vllm" and not Path(self.vllm.model).is_absolute():
            digits = self.vllm.revision
            if len(digits) != 40 or set(digits) - set("0123456789abcdef"):
                raise ValueError(
                    "vllm.revision: required with engine vllm: the commit of the weights, 40 hexadecimal digits, so "
                    "that a verdict can be told from one of other weights"
                )
        return self
