"""A round of hypothesis: some examples, the same for the same number, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings


def in_round(number: int, examples: int) -> Callable[[Any], Any]:
    """Decorates a property that ``given`` has drawn for."""

    def decorate(test: Any) -> Any:
        once = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        return seed(number)(once(test))

    return decorate
