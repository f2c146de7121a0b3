"""Settings of who may ask how much."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator

from medreward.section import Section


class ClientRates(Section):
    """What one client may ask for."""

    rollouts_per_s: float | None = Field(None, gt=0, le=1e9)
    """rollouts, and items of ``/v1/judge``, a second; null: no limit"""
    requests_per_s: float | None = Field(None, gt=0, le=1e9)
    """requests that score or judge, a second; null: no limit"""
    burst_s: int = Field(10, ge=1, le=3600)
    """seconds whose worth may be asked for at once; no batch may have more rollouts than that"""

    @model_validator(mode="after")
    def _a_burst_holds_one(self) -> Self:
        for name in ("rollouts_per_s", "requests_per_s"):
            rate = getattr(self, name)
            if rate is not None and self.burst(rate) < 1:
                raise ValueError(f"{name}: {rate:g} a second is less than one in burst_s, {self.burst_s} s")
        return self

    def burst(self, rate: float) -> int:
        """How many of what comes ``rate`` times a second may come at once; fractions do not count."""
        return math.floor(rate * self.burst_s)


class PerClient(ClientRates):
    """What each client may ask for: the name of its API key, or ``anonymous`` where no keys are asked for."""

    overrides: dict[str, ClientRates] = {}
    """client -> its own limits, all three of them, in place of those above"""
    redis_url: str = ""
    """``redis://host:6379/0``, through which the replicas count together; empty: each lets through its share"""
    redis_password_env: str = "MEDREWARD_REDIS_PASSWORD"
    """environment variable of the ingress's processes with its password; unset: none"""

    @model_validator(mode="after")
    def _redis_is_a_redis(self) -> Self:
        if self.redis_url and not self.redis_url.startswith(("redis://", "rediss://")):
            raise ValueError("redis_url: must be redis:// or rediss://")
        if "@" in self.redis_url or "?" in self.redis_url:
            raise ValueError("redis_url: no password here; name the variable that holds it in redis_password_env")
        return self

    def of(self, client: str) -> ClientRates:
        """The limits of that client."""
        return self.overrides.get(client, self)
