"""Settings of the trajectory scorer: section ``scorer`` of :class:`medreward.config.Settings`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from medreward.replicas import Replicated


class ScorerSettings(Replicated):
    """The trajectory scorer, component ``consistency``."""

    checkpoint: str = "shipped"
    """directory of a checkpoint; ``shipped`` is the one in the wheel; ``none``: no scorer, ``consistency`` is absent"""
    sha256: str = Field("", pattern="^[0-9a-f]{0,64}$")
    """what the checkpoint's hash must begin with, as fingerprints show it; empty: any. To be changed along with files
    that were changed under the same name: what is loaded stays until the settings change"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """``auto``: a GPU where there is one"""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """``auto``: bfloat16 on a GPU, float32 on a CPU"""
    batch_tokens: int = Field(0, ge=0, le=4_194_304)
    """tokens of a forward, padding included; 0: 65 536 on a GPU, 1 024 on a CPU, whose cache small batches fit"""
    threads: int = Field(0, ge=0, le=1024)
    """forwards at a time on a CPU, each on one core; 0: as many as ``cpus``"""
    max_waiting: int = Field(16_384, ge=1)
    """trajectories that wait in a replica before more are refused as ``overloaded``"""
    cpus: float = Field(1.0, gt=0, le=1024)
    """CPU cores that Ray sets aside for a replica"""
    gpus: float = Field(0.0, ge=0, le=64)
    """GPUs that Ray sets aside for a replica; a fraction shares one"""
