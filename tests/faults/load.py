"""Senders that keep a cluster busy: the trainer's client, and plain HTTP as anybody would write it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_before_delay

from medreward.contract import types as t
from medreward_trainer.client import ClientSettings, RequestRefused, RewardClient
from tests.faults.ends import End
from tests.faults.rollouts import recipe_of

CHUNK = 16
"""rollouts of a request"""
_WORKERS = 3  # requests in flight, of either sender
_SLACK_S = 20.0  # that the last of them may take beyond its deadline, on a busy machine
_TYPED_AGAIN = frozenset({"overloaded", "rate_limited", "timeout", "unavailable", "internal"})

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(t.ScoreResponse)


class ToldError(msgspec.Struct):
    """The contract's refusal, as far as it matters here."""

    code: str


class _Body(msgspec.Struct):
    error: ToldError


class _Again(Exception):
    """An attempt without a reply."""

    def __init__(self, code: str, why: str, after_s: float | None) -> None:
        super().__init__(why)
        self.code = code
        self.after_s = after_s


class Load:
    """Requests without pause, by both senders, until the burst is through and the scenario is."""

    def __init__(
        self, url: str, rollouts: Mapping[int, t.Rollout], *, least: int, deadline_s: float = 60.0, chunk: int = CHUNK
    ) -> None:
        """``least``: rollouts that are sent in any case; those of ``rollouts`` come again if need be."""
        self.ends: list[End] = []
        self.attempts: Counter[str] = Counter()
        """of plain HTTP: ``ok``, ``cut`` (no typed answer), or a refusal's code"""
        self.silent_refusals = 0
        """answers 429 without a ``Retry-After``"""
        self._url = url
        self._rollouts = rollouts
        self._least = least
        self._deadline_s = deadline_s
        self._chunks = self._cut(chunk)
        self._enough = asyncio.Event()
        self._ended = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begins."""
        self._tasks += [asyncio.create_task(self._by_client())]
        self._tasks += [asyncio.create_task(self._by_http()) for _ in range(_WORKERS)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for the last, unless something went wrong; raises what a sender ended with, which may be why."""
        broken = self._broken() if isinstance(error, Exception) else None
        try:
            if error is None:
                await self.finish()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if broken is not None:
            raise broken from error

    @property
    def answered(self) -> int:
        """Rollouts that came to an end."""
        return sum(end.at is not None for end in self.ends)

    async def reach(self, answered: int, limit_s: float = 90.0) -> None:
        """Returns once so many came to their end; raises TimeoutError."""
        async with asyncio.timeout(limit_s), self._ended:
            await self._ended.wait_for(lambda: self.answered >= answered)

    async def finish(self) -> None:
        """Sends what is left of the burst, and waits for all ends. Those that have none by then are lost."""
        self._enough.set()
        done, late = await asyncio.wait(self._tasks, timeout=2 * self._deadline_s + _SLACK_S)
        for task in done:
            task.result()
        for task in late:
            task.cancel()

    def _broken(self) -> BaseException | None:
        """What the first sender that failed ended with."""
        ended = (task for task in self._tasks if task.done() and not task.cancelled())
        return next((why for task in ended if (why := task.exception()) is not None), None)

    def _cut(self, size: int) -> Iterator[list[int]]:
        """Numbers of one recipe each, without end."""
        by_recipe: dict[str, list[int]] = {}
        for number in self._rollouts:
            by_recipe.setdefault(recipe_of(number), []).append(number)
        queues = [[numbers[i : i + size] for i in range(0, len(numbers), size)] for numbers in by_recipe.values()]
        turns = [chunk for together in zip(*queues, strict=True) for chunk in together]
        while True:
            yield from turns

    def _next(self, sender: str) -> list[End] | None:
        if len(self.ends) >= self._least and self._enough.is_set():
            return None
        now = time.monotonic()
        ends = [End(number, sender, now, due=now + self._deadline_s) for number in next(self._chunks)]
        self.ends += ends
        return ends

    async def _close(self, ends: Sequence[End]) -> None:
        now = time.monotonic()
        for end in ends:
            end.at = now
        async with self._ended:
            self._ended.notify_all()

    async def _by_client(self) -> None:
        settings = ClientSettings(urls=[self._url], recipe="gemex", deadline_s=self._deadline_s, max_rollouts=CHUNK)
        async with RewardClient(settings) as client:

            async def work() -> None:
                while (ends := self._next("client")) is not None:
                    await self._ask_client(client, ends)

            await asyncio.gather(*(work() for _ in range(_WORKERS)))

    async def _ask_client(self, client: RewardClient, ends: Sequence[End]) -> None:
        rollouts = [self._rollouts[end.number] for end in ends]
        try:
            replies = await client.score_many(rollouts, recipe=recipe_of(ends[0].number))
        except RequestRefused as refused:
            for end in ends:
                end.refused = refused.code
        else:
            for end, scored in zip(ends, replies, strict=True):
                if not scored.unscored:
                    end.result, end.fingerprint = scored.result, scored.fingerprint
                elif scored.unscored == "overloaded":
                    end.refused = "overloaded"
                else:
                    end.lost = f"{scored.unscored}: {scored.reason}"
        await self._close(ends)

    async def _by_http(self) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4.0)) as session:
            while (ends := self._next("http")) is not None:
                await self._ask_http(session, ends)

    async def _ask_http(self, session: aiohttp.ClientSession, ends: Sequence[End]) -> None:
        until = time.monotonic() + self._deadline_s
        # whoever would have to wait beyond the deadline gives up
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(_Again), stop=stop_before_delay(self._deadline_s), wait=_pause, reraise=True
        )
        try:
            reply: t.ScoreResponse = await attempts(self._attempt, session, ends, until)
        except _Again as last:
            for end in ends:
                end.refused, end.lost = last.code, "" if last.code else str(last)
        else:
            for end, result in zip(ends, reply.results, strict=True):
                end.result, end.fingerprint = result, reply.fingerprint
        await self._close(ends)

    async def _attempt(self, session: aiohttp.ClientSession, ends: Sequence[End], until: float) -> t.ScoreResponse:
        left_s = max(0.1, until - time.monotonic())
        request = t.ScoreRequest(
            recipe_of(ends[0].number),
            deadline_ms=int(left_s * 1000),
            rollouts=[self._rollouts[end.number] for end in ends],
        )
        limit = aiohttp.ClientTimeout(total=left_s + _SLACK_S)
        try:
            async with session.post(f"{self._url}/v1/score", data=_encoder.encode(request), timeout=limit) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            self.attempts["cut"] += 1
            raise _Again("", f"{type(error).__name__}: {error}", None) from None
        if answer.status == 200:
            self.attempts["ok"] += 1
            reply = _decoder.decode(content)
            if len(reply.results) != len(ends):
                raise RuntimeError(f"{len(reply.results)} results for {len(ends)} rollouts")
            return reply
        raise self._refused(answer, content)

    def _refused(self, answer: aiohttp.ClientResponse, content: bytes) -> _Again:
        after = answer.headers.get("Retry-After")
        self.silent_refusals += answer.status == 429 and after is None
        code = code_of(content)
        if not code:
            # from what stands before the service; its 429 says all that a caller needs
            code = "overloaded" if answer.status == 429 else ""
        self.attempts[code or "cut"] += 1
        if code and code not in _TYPED_AGAIN:
            raise RuntimeError(f"a request of the burst is refused: HTTP {answer.status}: {content[:300]!r}")
        waits_s = float(after) if after is not None and after.replace(".", "", 1).isdigit() else None
        return _Again(code, f"HTTP {answer.status}: {content[:100]!r}", waits_s)


def code_of(content: bytes) -> str:
    """The code of the contract's refusal; empty when the body is none."""
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(content, type=_Body).error.code
    return ""


def _pause(state: RetryCallState) -> float:
    """Seconds before another attempt: what the service asks for, or a little more each time."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.after_s is not None:
        return min(error.after_s, 10.0)
    return min(2.0, 0.1 * 2.0 ** (state.attempt_number - 1))
