"""Ten times what can be judged is asked for."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator

import aiohttp
import msgspec

from medreward.contract import types as t
from tests.faults.endpoint import Endpoint
from tests.faults.ends import End
from tests.faults.load import code_of
from tests.faults.oracle import undisturbed
from tests.faults.probe import recovered
from tests.faults.rollouts import BURST, recipe_of, rollout
from tests.faults.stage import Scenario, Seen, Stage

TIMES = 10
_CHUNK = 16
_DEADLINE_S = 5.0
_SLACK_S = 30.0  # that an answer may take beyond its deadline, on a machine that has other things to do
_LIMIT_S = 90.0
_POOL = 8192  # different rollouts: more than can be in flight, for equal judgements in flight are one

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(t.ScoreResponse)


class Flood:
    """Requests at a rate of their own, whatever becomes of those before; each is sent once."""

    def __init__(self, url: str, rate: float) -> None:
        """``rate``: rollouts a second."""
        self.ends: list[End] = []
        self.attempts: Counter[str] = Counter()
        self.silent_refusals = 0
        self._url = url
        self._every_s = _CHUNK / rate
        self._chunks = _numbers()
        self.stopped: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        """the moment when it stopped sending"""

    async def run(self, seconds: float) -> None:
        """Sends for so long, and waits for the last answer."""
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4.0)) as session,
            asyncio.TaskGroup() as group,
        ):
            begun = time.monotonic()
            for number in itertools.count():
                due = begun + number * self._every_s
                if due > begun + seconds:
                    break
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(self._one(session, next(self._chunks)))
            # before the last answers, which the block waits for
            self.stopped.set_result(time.monotonic())

    async def _one(self, session: aiohttp.ClientSession, numbers: list[int]) -> None:
        sent = time.monotonic()
        ends = [End(number, "http", sent, due=sent + _DEADLINE_S) for number in numbers]
        self.ends += ends
        rollouts = [rollout(number) for number in numbers]
        request = t.ScoreRequest(recipe_of(numbers[0]), deadline_ms=int(_DEADLINE_S * 1000), rollouts=rollouts)
        limit = aiohttp.ClientTimeout(total=_DEADLINE_S + _SLACK_S)
        try:
            async with session.post(f"{self._url}/v1/score", data=_encoder.encode(request), timeout=limit) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            self.attempts["cut"] += 1
            for end in ends:
                end.lost = f"{type(error).__name__}: {error}"
        else:
            self._take(ends, answer, content)
        now = time.monotonic()
        for end in ends:
            end.at = now

    def _take(self, ends: list[End], answer: aiohttp.ClientResponse, content: bytes) -> None:
        if answer.status == 200:
            self.attempts["ok"] += 1
            reply = _decoder.decode(content)
            for end, result in zip(ends, reply.results, strict=True):
                end.result, end.fingerprint = result, reply.fingerprint
            return
        code = code_of(content) or ("overloaded" if answer.status == 429 else "")
        self.attempts[code or "cut"] += 1
        self.silent_refusals += answer.status == 429 and "Retry-After" not in answer.headers
        for end in ends:
            end.refused, end.lost = code, "" if code else f"HTTP {answer.status}: {content[:100]!r}"


def _numbers() -> Iterator[list[int]]:
    """Of one recipe each, all unlike the burst's; again from the start after the last."""
    halves = [list(range(BURST + first, BURST + _POOL, 2)) for first in (0, 1)]
    while True:
        for place in range(0, _POOL // 2, _CHUNK):
            for half in halves:
                yield half[place : place + _CHUNK]


async def engine(stage: Stage) -> Seen:
    """The engine is slow, and asked for ten times what it did when it had as much as it could do."""
    endpoint: Endpoint = stage.beside["endpoint"]
    await endpoint.become("slow")
    async with stage.load() as load:
        await load.reach(stage.burst // 8)
        begun = time.monotonic()
        await load.reach(load.answered + stage.burst // 2)
        now = time.monotonic()
    done = [one.number for one in load.ends if one.at is not None and begun < one.at <= now]
    judged = sum(bool(stage.oracle.needs(number, "judge")) for number in done)
    # those that need no judge are asked for beside those that do
    capacity, share = judged / (now - begun), judged / len(done)
    flood = Flood(stage.cluster.url, TIMES * capacity / share)
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        group.create_task(flood.run(stage.overload_s))
        stopped = await flood.stopped
        # the engine is as slow as before, and the last answers to the flood are not in yet
        async with stage.load() as after:
            recovery_s = await recovered(stage.cluster.url, stopped, _LIMIT_S)
            await endpoint.become("good")
    ended = max(one.at for one in flood.ends if one.at is not None)
    for more in (flood, after):
        load.ends += more.ends
        load.attempts += more.attempts
        load.silent_refusals += more.silent_refusals
    answered = {one.number for one in flood.ends if one.result is not None}
    # what was answered is compared now: to compute all that is asked would take longer than to ask it
    extra = await undisturbed(stage.settings, {number: rollout(number) for number in sorted(answered)}, recipe_of)
    scored = [
        one
        for one in flood.ends
        if one.result is not None and one.result.reward is not None and extra.needs(one.number, "judge")
    ]
    seen = Seen(load, recovery_s, oracle=stage.oracle.joined(extra))
    seen.notes = {
        "capacity_per_s": round(capacity, 1),
        "offered_per_s": round(share * len(flood.ends) / (stopped - begun), 1),
        # until the last answer: those that came in at the end were worked on after it
        "goodput_per_s": round(len(scored) / (ended - begun), 1),
        "overload_s": round(stopped - begun, 1),
    }
    if not scored:
        seen.unmet.append("nothing at all was scored during the overload")
    return seen


SCENARIOS = (Scenario("overload", "endpoint", "ten times what can be judged is asked for", engine),)
