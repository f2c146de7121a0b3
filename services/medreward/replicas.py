"""What a deployment of the cluster may be told about its replicas: how many, and on which nodes."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from medreward.section import Section

_SMALLEST = 0.0001  # Ray counts resources in units of this
_RAYS_OWN = ("CPU", "GPU", "memory", "object_store_memory")


def _check_resources(amounts: dict[str, float]) -> dict[str, float]:
    for name, amount in amounts.items():
        if not name or name in _RAYS_OWN:
            raise ValueError(f"{name!r} is no custom resource; cores and GPUs have settings of their own")
        if not (math.isfinite(amount) and amount >= _SMALLEST):
            raise ValueError(f"{name}: must be at least {_SMALLEST} and finite, not {amount}")
    return amounts


Resources = Annotated[dict[str, float], AfterValidator(_check_resources)]
"""custom resource of Ray -> what a replica takes of it; it then runs only on nodes that offer it"""


class Autoscaling(Section):
    """How Ray Serve changes the number of replicas with the load; ``replicas`` is the least."""

    max_replicas: int = Field(ge=1, le=1024)
    target_ongoing_requests: float = Field(gt=0, le=100_000)
    """requests that each replica should have at a time, on average"""
    upscale_delay_s: float = Field(30.0, ge=0, le=86_400)
    """seconds that more must be wanted before there are more"""
    downscale_delay_s: float = Field(600.0, ge=0, le=86_400)
    """seconds that fewer must suffice before there are fewer"""


class Replicated(Section):
    """A deployment with replicas."""

    replicas: int = Field(1, ge=1, le=1024)
    """how many there are; with ``autoscaling``, how many at least"""
    resources: Resources = {}
    """custom resources of Ray that a replica takes: name -> amount"""
    autoscaling: Autoscaling | None = None
    """none: always ``replicas``"""

    @model_validator(mode="after")
    def _most_is_not_below_least(self) -> Self:
        if self.most_replicas < self.replicas:
            raise ValueError(
                f"autoscaling.max_replicas: {self.most_replicas} is below replicas, which is {self.replicas}"
            )
        return self

    @property
    def most_replicas(self) -> int:
        """How many there may be."""
        return self.replicas if self.autoscaling is None else self.autoscaling.max_replicas
