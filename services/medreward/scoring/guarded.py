"""Asking a service that may do anything: what it answers, or the one error that says what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from medreward.contract.errors import ServiceError
from medreward.scoring.deadline import Deadline

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


async def answered(
    name: str,
    call: Callable[[], Awaitable[Answer]],
    deadline: Deadline,
    passing: tuple[type[Exception], ...] = (),
) -> Answer:
    """What ``call`` returns before the deadline.

    Args:
        name: of the service, for the messages.
        call: asks it.
        deadline: beyond it the call is cancelled.
        passing: errors that are raised as they are.

    Raises:
        ServiceError: the service's own, ``timeout`` when it is late, or ``unavailable`` for whatever else it raised.
    """
    try:
        async with asyncio.timeout(deadline.remaining()):
            return await call()
    except passing:
        raise
    except ServiceError:
        raise
    except TimeoutError:
        raise ServiceError("timeout", f"the {name} did not answer before the deadline") from None
    except Exception as error:
        log.exception("the %s failed", name)
        raise ServiceError("unavailable", f"the {name} failed: {type(error).__name__}") from error
