"""Whether everything scores: one rollout of each recipe, unlike all before, at the first attempt."""

from __future__ import annotations

import asyncio
import itertools
import time

import aiohttp
import msgspec

from medreward.contract import types as t
from tests.faults.rollouts import RECIPES, rollout

IN_A_ROW = 10
_DEADLINE_S = 10.0
_EVERY_S = 0.1

_fresh = itertools.count(1_000_000, 32)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(t.ScoreResponse)


async def recovered(url: str, since: float, limit_s: float) -> float:
    """Seconds from ``since`` (of ``time.monotonic``) to the reply of the first of ten probes in a row that all scored.

    Raises:
        TimeoutError: it did not come about within ``limit_s`` seconds; the message says what the last probe saw.
    """
    until = time.monotonic() + limit_s
    good_since, in_a_row, last = 0.0, 0, "no probe was made"
    while in_a_row < IN_A_ROW:
        if time.monotonic() > until:
            raise TimeoutError(f"not everything scores after {limit_s:g} s: {last}")
        problem = await unscored(url)
        if problem:
            in_a_row, last = 0, problem
        else:
            good_since = good_since if in_a_row else time.monotonic()
            in_a_row += 1
        await asyncio.sleep(_EVERY_S)
    return max(0.0, good_since - since)


async def unscored(url: str) -> str:
    """What is not scored now, or why; empty when everything is. On a connection of its own."""
    first = next(_fresh)
    asked = {recipe: rollout(first + 2 + place) for place, recipe in enumerate(RECIPES)}
    async with aiohttp.ClientSession() as session:
        told = await asyncio.gather(*(_one(session, url, recipe, one) for recipe, one in asked.items()))
    return "; ".join(filter(None, told))


async def _one(session: aiohttp.ClientSession, url: str, recipe: str, asked: t.Rollout) -> str:
    request = t.ScoreRequest(recipe, deadline_ms=int(_DEADLINE_S * 1000), rollouts=[asked])
    limit = aiohttp.ClientTimeout(total=_DEADLINE_S + 2)
    try:
        async with session.post(f"{url}/v1/score", data=_encoder.encode(request), timeout=limit) as answer:
            content = await answer.read()
    except (aiohttp.ClientError, OSError) as error:
        return f"{recipe}: {type(error).__name__}: {error}"
    if answer.status != 200:
        return f"{recipe}: HTTP {answer.status}: {content[:100]!r}"
    (result,) = _decoder.decode(content).results
    if result.reward is None:
        missing = (f"{n} {c.status}: {c.detail}" for n, c in result.components.items() if c.status != "ok")
        return f"{recipe}: " + ", ".join(missing)
    return ""
