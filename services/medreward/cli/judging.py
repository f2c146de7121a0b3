"""Open-ended answers put to whatever judges behind a backend, and its verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from medreward.cli.batches import batched, in_order
from medreward.cli.client import ServerLost
from medreward.cli.making import Making
from medreward.cli.progress import counting
from medreward.cli.types import Reply
from medreward.contract.types import Rollout, ScoreRequest

COMPONENT = "semantics"


class SeenVerdict(msgspec.Struct, frozen=True):
    """The judged component of a result; what a newer server says beyond this is passed over."""

    status: str
    detail: str = ""
    value: float | None = None
    explanation: dict[str, Any] | None = None


class _Result(msgspec.Struct):
    components: dict[str, SeenVerdict]


class Ask(NamedTuple):
    """How to ask."""

    deadline_ms: int
    """for a batch"""
    explain: bool = False
    batch_size: int = 256
    in_flight: int = 4


async def judged(making: Making, rollouts: Iterable[Rollout], total: int, ask: Ask, title: str) -> list[SeenVerdict]:
    """The verdicts on ``total`` rollouts, in their order, with a progress bar where there is a terminal.

    Raises:
        Unusable: the server refuses a rollout.
        CliError: the server is lost, or what scores changes in the middle.
    """
    verdicts: list[SeenVerdict] = []
    with counting(title, total) as progress:

        def done(reply: Reply) -> None:
            making.take(reply)
            verdicts.extend(_verdict(result.json) for result in reply.results)
            progress(len(verdicts))

        async def work(batch: list[Rollout]) -> Reply:
            return await making.score(
                ScoreRequest(
                    components={COMPONENT: 1.0}, deadline_ms=ask.deadline_ms, explain=ask.explain, rollouts=batch
                )
            )

        await in_order(batched(iter(rollouts), ask.batch_size), work, done, ask.in_flight)
    return verdicts


def _verdict(line: bytes) -> SeenVerdict:
    try:
        return msgspec.json.decode(line, type=_Result).components[COMPONENT]
    except (msgspec.DecodeError, KeyError) as error:
        raise ServerLost(f"a result has no component {COMPONENT}: {error}") from None
