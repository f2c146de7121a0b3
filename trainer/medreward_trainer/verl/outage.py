"""When a batch is not to be trained on, and how long the service is waited for.

A batch of which more than ``unscored_share`` has no reward is made anew, from the same prompts and once the service
says that it is ready; so is every batch in which nothing is scored. The run stops when the service stays away for
longer than ``wait_limit_s``, or after ``rounds`` batches of one step. A refusal stops it at once: what the service does
not take now it will not take later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol

from tenacity import RetryCallState, RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential_jitter

from medreward_trainer.verl.errors import Refused, ServiceGone
from medreward_trainer.verl.outcome import REFUSED, Outcome
from medreward_trainer.verl.settings import Outage

logger = logging.getLogger(__name__)
FIRST_PROBE_S = 2.0
"""seconds for the first question whether the service is ready: that it is gone is to be in the log soon"""
PROBE_S = 10.0
"""seconds for each of those after it"""


class Readable(Protocol):
    """What readiness looks like."""

    @property
    def ready(self) -> bool:
        """Whether the service can be asked."""

    @property
    def reason(self) -> str:
        """What is in the way, if not."""


def verdict_on(outcomes: Sequence[Outcome], settings: Outage) -> Literal["train", "again"]:
    """What to do with a batch.

    Raises:
        Refused: the service did not take one of its rollouts.
    """
    for outcome in outcomes:
        if outcome.status == REFUSED:
            raise Refused(outcome.reason)
    unscored = sum(not outcome.scored for outcome in outcomes)
    return "train" if unscored < len(outcomes) and unscored <= settings.unscored_share * len(outcomes) else "again"


def told(outcomes: Sequence[Outcome]) -> str:
    """A batch's missing rewards in words: how many, by status, with one reason of each."""
    missing = [outcome for outcome in outcomes if not outcome.scored]
    reasons = {outcome.status: outcome.reason for outcome in missing}
    counts = Counter(outcome.status for outcome in missing)
    by_status = "; ".join(f"{count} {status} ({reasons[status][:300]})" for status, count in counts.most_common())
    return f"{len(missing)} of {len(outcomes)} rollouts have no reward: {by_status}"


def wait_until_ready(
    probe: Callable[[float], Awaitable[Readable]],
    settings: Outage,
    what: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """Waits for the service, with a line in the log before each wait, and one when it is back.

    Args:
        probe: asks within the given seconds.
        settings: how long.
        what: is waited for, in words.
        sleep: tests wait by another clock.

    Returns:
        Seconds waited.

    Raises:
        ServiceGone: it did not get ready in time; it says what was in the way.
    """
    started = time.monotonic()

    def said(state: RetryCallState) -> None:
        assert state.outcome is not None
        logger.warning(
            "waiting for %s: %s; %.0f of at most %.0f seconds",
            what,
            state.outcome.result().reason,
            state.seconds_since_start or 0.0,
            settings.wait_limit_s,
        )

    retrying = Retrying(
        retry=retry_if_result(lambda readiness: not readiness.ready),
        wait=wait_exponential_jitter(
            multiplier=settings.first_wait_s, max=settings.longest_wait_s, jitter=settings.first_wait_s
        ),
        stop=stop_after_delay(settings.wait_limit_s),
        before_sleep=said,
        sleep=sleep,
    )

    def ask() -> Readable:
        first = retrying.statistics["attempt_number"] == 1
        return asyncio.run(_once(probe, FIRST_PROBE_S if first else PROBE_S))

    try:
        retrying(ask)
    except RetryError as error:
        reason = error.last_attempt.result().reason
        raise ServiceGone(f"waited {settings.wait_limit_s:.0f} s for {what}: {reason}") from None
    waited = time.monotonic() - started
    if retrying.statistics["attempt_number"] > 1:
        logger.warning("ready again: %s, after %.0f seconds", what, waited)
    return waited


async def _once(probe: Callable[[float], Awaitable[Readable]], limit_s: float) -> Readable:
    return await probe(limit_s)
