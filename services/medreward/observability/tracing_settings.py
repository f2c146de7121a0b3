"""Settings of traces and logs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from medreward.section import Section


class Tracing(Section):
    """OpenTelemetry traces; see ``docs/tracing.md``."""

    endpoint: str | None = None
    """base URL of a collector that takes OTLP over HTTP, such as http://collector:4318; none: no traces"""
    sample_ratio: float = Field(1.0, ge=0, le=1)
    """share of the traces that begin here; one that a caller began is kept or not as the caller says"""
    max_queue: int = Field(8192, ge=1, le=1_000_000)
    """finished spans of a process that wait for their export, before more are dropped"""
    export_every_s: float = Field(1.0, gt=0, le=60)
    """seconds between exports"""
    export_timeout_s: float = Field(5.0, gt=0, le=60)
    """seconds that an export may take, and all that is left at the end of a process"""

    @field_validator("endpoint")
    @classmethod
    def _is_a_base_url(cls, endpoint: str | None) -> str | None:
        if endpoint is None:
            return None
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be like http://collector:4318")
        if parts.username is not None or parts.password is not None:
            raise ValueError("no user or key here; OTEL_EXPORTER_OTLP_HEADERS in the environment is for them")
        return endpoint.rstrip("/")


class Logs(Section):
    """What the replicas and ``medreward serve`` log; see ``docs/tracing.md``."""

    format: Literal["text", "json"] = "text"
    """lines for people, or one JSON object a line"""
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """the least that is logged; a line a request comes at INFO"""
    texts: bool = False
    """log texts of patients too: messages of exceptions, and the texts of rollouts that could not be scored"""
    dir: Path | None = None
    """directory with a file for each process, which only its user may read; none: standard error, which Ray keeps
    among the node's logs (``medreward serve`` shows the lines either way)"""

    @field_validator("dir")
    @classmethod
    def _whole_path(cls, value: Path | None) -> Path | None:
        # the processes that write have another working directory
        return None if value is None else value.absolute()
