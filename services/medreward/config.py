"""Every setting, typed, with its unit. One schema for the laptop and the cluster.

``medreward serve --config F`` reads it from YAML; in a cluster it is the ``args`` of the application in
``serveConfigV2``. Environment variables override a file: ``MEDREWARD_HTTP__PORT=8080``. Unknown keys are refused.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from medreward.contract.codec import Limits
from medreward.ingress.settings import PerClient
from medreward.judge.settings import JudgeSettings
from medreward.observability.audit.settings import AuditSettings
from medreward.observability.tracing_settings import Logs, Tracing
from medreward.replicas import Replicated
from medreward.scorer.settings import ScorerSettings
from medreward.scoring.settings import Admission
from medreward.section import Section
from medreward.yaml_file import YamlError, read_yaml

DRAIN_S = 20.0
"""as Ray Serve has it"""


class ConfigError(ValueError):
    """The configuration makes no sense; the message names each field."""


class Http(Section):
    """The HTTP endpoint (in a cluster, ``http_options`` of the Serve config rules instead)."""

    host: str = "127.0.0.1"
    """address to listen on; one that other machines reach needs API keys, or ``auth.allow_anonymous``"""
    port: int = Field(8000, ge=0, le=65535)
    """TCP port; 0 takes a free one"""


class Grpc(Section):
    """The gRPC endpoint (in a cluster, ``grpc_options`` of the Serve config rules instead)."""

    enabled: bool = True
    port: int = Field(9000, ge=0, le=65535)
    """TCP port; HAProxy listens where HTTP does, Ray's own proxy on all interfaces; 0 takes a free one"""


class Ingress(Replicated):
    """The replicas that parse, score and answer. The deterministic rewards scale with them."""

    cpus: float = Field(1.0, gt=0, le=1024)
    """CPU cores that Ray sets aside for a replica"""
    max_ongoing_requests: int = Field(512, ge=1)
    """batches that a replica works on at a time"""
    max_queued_requests: int = Field(1024, ge=-1)
    """batches that wait for a replica before more are refused with 429; -1: without end"""
    proxy: Literal["auto", "haproxy", "ray"] = "auto"
    """what stands before the replicas: HAProxy is about ten times faster than Ray's own proxy; ``auto`` takes it
    where its binary runs and says so where it does not"""


class Auth(Section):
    """Who may ask. With ``keys_dir``, who has one of its keys; see ``docs/serving.md``."""

    keys_dir: Path | None = None
    """directory with API keys, one a file, each file named after its client; changed files are read again"""
    allow_anonymous: bool = False
    """serve other machines without keys too: where the network alone keeps out whom it should"""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.keys_dir is not None and self.allow_anonymous:
            raise ValueError("allow_anonymous: makes no sense beside keys_dir")
        return self


class RequestLimits(Section):
    """What a request may hold at most; beyond it is refused with the path of the field."""

    rollouts: int = Field(4096, ge=1)
    """rollouts of a batch"""
    body_mib: float = Field(32.0, gt=0, le=1024)
    """MiB of a body"""
    text_chars: int = Field(262_144, ge=1)
    """characters of any one text: response, self-check, question, context"""
    regions: int = Field(256, ge=0)
    """boxes of a reference"""
    choices: int = Field(64, ge=1)
    """options of a choice question"""
    default_deadline_ms: int = Field(10_000, ge=1)
    """milliseconds, where a request names none"""
    max_deadline_ms: int = Field(600_000, ge=1)
    """milliseconds, the most that a request may name"""
    body_timeout_s: float = Field(30.0, gt=0, le=3600)
    """seconds within which a body must have arrived"""
    per_client: PerClient = PerClient()
    """what each client may ask for a second"""

    @model_validator(mode="after")
    def _default_within_most(self) -> Self:
        if self.default_deadline_ms > self.max_deadline_ms:
            raise ValueError("default_deadline_ms must not be above max_deadline_ms")
        return self

    def for_codec(self) -> Limits:
        """Those of them that are checked while decoding."""
        return Limits(self.rollouts, self.text_chars, self.regions, self.choices, self.max_deadline_ms)

    @property
    def body_bytes(self) -> int:
        """``body_mib`` in bytes."""
        return int(self.body_mib * 1024 * 1024)


class Settings(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(
        env_prefix="MEDREWARD_", env_nested_delimiter="__", extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    http: Http = Http()
    grpc: Grpc = Grpc()
    ingress: Ingress = Ingress()
    auth: Auth = Auth()
    limits: RequestLimits = RequestLimits()
    admission: Admission = Admission()
    judge: JudgeSettings = JudgeSettings()
    scorer: ScorerSettings = ScorerSettings()
    tracing: Tracing = Tracing()
    logs: Logs = Logs()
    audit: AuditSettings = AuditSettings()
    drain_s: float = Field(DRAIN_S, gt=0, le=3600)
    """seconds that a replica which is to go may finish its requests; in a cluster longer than the longest deadline"""
    recipe_files: list[Path] = []
    """YAML files with recipes of your own, beside the shipped ones"""
    metrics_dir: Path = Path(tempfile.gettempdir()) / "medreward-metrics"
    """directory through which the replicas of a node share their counters; it must not outlive the node's pod"""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides what the file says."""
        return env_settings, init_settings


def load_settings(path: Path | None = None, **given: Any) -> Settings:
    """Settings from a YAML file, overridden by the environment.

    Raises:
        ConfigError: naming each field that is wrong.
    """
    values = dict(given)
    if path is not None:
        try:
            read = read_yaml(path)
        except YamlError as error:
            raise ConfigError(str(error)) from None
        if read is not None and not isinstance(read, dict):
            raise ConfigError(f"{path}: must hold settings by name")
        values = {**(read or {}), **values}
    try:
        return Settings(**values)
    except SettingsError as error:
        raise ConfigError(f"{error}: {error.__cause__}") from None
    except ValidationError as error:
        where = f"{path}: " if path else ""
        lines = [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()]
        raise ConfigError(where + "; ".join(lines)) from None
