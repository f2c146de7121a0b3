"""Settings of the audit log: section ``audit`` of :class:`medreward.config.Settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from medreward.section import Section


class AuditSettings(Section):
    """Every verdict, kept in files. Off unless ``dir`` is given; see ``docs/audit.md``."""

    dir: Path | None = None
    """directory of the files; the processes of several nodes may share one; none: nothing is kept"""
    format: Literal["jsonl", "parquet"] = "jsonl"
    """of finished files; an open one always holds JSON lines"""
    texts: bool = False
    """keep the rollouts and the judge's texts too, without which nothing can be scored again"""
    rotate_mib: float = Field(64.0, gt=0, le=1024)
    """MiB of JSON lines after which a file is finished"""
    rotate_s: float = Field(3600.0, gt=0, le=604_800)
    """seconds after which a file is finished"""
    keep_mib: float | None = Field(None, gt=0)
    """MiB of finished files that ``dir`` may hold, of all processes together; the oldest go first; none: all stay"""
    queue_records: int = Field(65_536, ge=1)
    """records that wait in a process before more are dropped"""
    queue_mib: float = Field(256.0, gt=0, le=16_384)
    """MiB that they may take, as estimated"""
    close_s: float = Field(10.0, gt=0, le=600)
    """seconds that a process which ends may take to write what waits"""

    @field_validator("dir")
    @classmethod
    def _whole_path(cls, value: Path | None) -> Path | None:
        # the processes that write have another working directory
        return None if value is None else value.absolute()
