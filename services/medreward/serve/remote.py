"""Asking a deployment for something that may be asked for twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RayServeException
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from medreward.contract.errors import Overbooked, ServiceError
from medreward.scoring.deadline import Deadline

log = logging.getLogger(__name__)

_ASKED_S = 2.0  # for what a replica says of itself
_ATTEMPTS = 6  # over about six seconds, in which a replica that died has been replaced
# of the time that is left, what the way back is given, so that what is done at the deadline is still in the reply
_WAY_S, _WAY_SHARE, _WAY_ITEM_S = 0.03, 0.05, 0.0002
_LOST = (RayActorError, DeploymentUnavailableError)


async def ask_again(name: str, call: Callable[[], Any]) -> Any:
    """The reply; asked again when the replica is lost, so only for what changes nothing.

    The caller's deadline bounds it. When it is cancelled, so is the work in the replica.

    Args:
        name: of the service, for the messages.
        call: asks once; returns what a deployment's handle does.

    Raises:
        Overbooked: handed over by the replica.
        ServiceError: ``overloaded``, or ``unavailable`` when the replica stays lost.
    """
    attempts = AsyncRetrying(
        stop=stop_after_attempt(_ATTEMPTS),
        retry=retry_if_exception_type(_LOST),
        wait=wait_exponential(multiplier=0.2, max=3.0),
        reraise=True,
    )
    try:
        async for attempt in attempts:
            with attempt:
                response = call()
                try:
                    answer = await response
                except asyncio.CancelledError:
                    with suppress(RayError, RayServeException):  # it may have failed at that very moment
                        response.cancel()
                    raise
        if isinstance(answer, Overbooked):
            raise answer
        return answer
    except BackPressureError:
        raise ServiceError("overloaded", f"the {name}'s queue is full") from None
    except _LOST as error:
        raise ServiceError("unavailable", f"the {name} is lost: {type(error).__name__}") from None


def seconds_for(deadline: Deadline, items: int) -> float:
    """What a service has for ``items`` before the deadline: what is left, but for the way back."""
    left = deadline.remaining()
    return left - min(left / 2, _WAY_S + _WAY_SHARE * left + _WAY_ITEM_S * items)


async def told(name: str, call: Callable[[], Any]) -> Any | None:
    """What a replica says of itself; None when there is no answer soon, which is logged.

    Args:
        name: of the service, for the log.
        call: asks once; returns what a deployment's handle does.
    """
    try:
        async with asyncio.timeout(_ASKED_S):
            return await call()
    except (TimeoutError, RayError, RayServeException) as error:
        log.warning("the %s does not tell its fingerprint: %s", name, type(error).__name__)
        return None
