"""A batch on its way: one deadline over all waits, attempts, refusals of single rollouts, results to their callers."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Sequence

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from medreward.contract import FieldError, Result, ScoreResponse
from medreward_trainer.client.batches import Batch, Call
from medreward_trainer.client.circuit import Circuit
from medreward_trainer.client.endpoints import Endpoints
from medreward_trainer.client.errors import ClientClosed, Failure, Refusal, RequestRefused
from medreward_trainer.client.refusals import apart
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.client.stats import Tally
from medreward_trainer.client.tracing import request
from medreward_trainer.client.types import OUT_OF_SERVICE, Scored, ServiceLimits, missing

log = logging.getLogger("medreward_trainer.client")

_MOST_DEADLINE_MS = 600_000  # the service takes no longer one
_SLACK_S = 0.002  # event loops wake up a little early
_CLOSE_S = 5.0
_NAMED, _ID_CHARS = 5, 80  # rollouts that a line of the log names, and how much of an id
_PROBE_LIMIT_S = 5.0


class Wait:
    """How long to wait before another attempt: growing, and at least as long as the service's ``Retry-After``.

    Jittered in both cases, by as much as the first wait: requests that failed together do not come back together.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._jitter = settings.first_wait_s
        self._backoff = wait_exponential_jitter(
            multiplier=settings.first_wait_s, max=settings.longest_wait_s, jitter=self._jitter
        )
        self._longest = settings.longest_retry_after_s

    def __call__(self, state: RetryCallState) -> float:
        """Seconds."""
        error = state.outcome.exception() if state.outcome else None
        asked = min(error.retry_after_s, self._longest) if isinstance(error, Failure) else 0.0
        return max(self._backoff(state), asked + random.uniform(0, self._jitter) if asked else 0.0)


class Sender:
    """Sends batches, and gives each call its result: every call that was started gets one."""

    def __init__(self, settings: ClientSettings, endpoints: Endpoints, tally: Tally) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(settings.max_connections)
        self._wait = Wait(settings)
        self._running: dict[asyncio.Task[None], Batch] = {}
        self._closed = False
        self.circuit = Circuit(settings.circuit_failures, settings.circuit_probe_s, self.ready)

    def start(self, batch: Batch) -> None:
        """Sends it in a task of its own, once it is gathered."""
        task = self._loop.create_task(self._run(batch), name="medreward-request")
        self._running[task] = batch
        batch.task = task
        task.add_done_callback(self._ended)

    def leave(self, call: Call) -> None:
        """Its caller no longer waits. A request that nobody waits for is cancelled."""
        batch = call.batch
        if batch is None or call not in batch.calls:
            return
        batch.remove(call)
        # a caller may be disposed of after its loop was closed, where nothing can be woken or cancelled any more
        if not batch.calls and not self._loop.is_closed():
            batch.close()
            if batch.task is not None:
                batch.task.cancel()

    @property
    def url(self) -> str:
        """The endpoint that is asked first."""
        return self._endpoints.url

    def time(self) -> float:
        """The event loop's."""
        return self._loop.time()

    async def ready(self) -> None:
        """Returns when an endpoint is ready; the circuit then hears of it. Raises as an endpoint, or ClientClosed."""
        if self._closed:
            raise ClientClosed("the reward client is closed")
        try:
            async with asyncio.timeout(_PROBE_LIMIT_S):
                await self._endpoints.ready(_PROBE_LIMIT_S)
        except TimeoutError:
            raise Failure("unavailable", f"no word of readiness within {_PROBE_LIMIT_S:g} s", gone=True) from None
        self.circuit.worked()

    async def limits(self, limit_s: float) -> ServiceLimits | None:
        """What the service takes, where it says so. Raises as an endpoint, or TimeoutError."""
        async with asyncio.timeout(limit_s):
            return await self._endpoints.limits(limit_s)

    async def close(self) -> None:
        """Ends everything; calls under way are unscored."""
        self._closed = True
        for batch in list(self._running.values()):
            batch.close()
            self._give_up(batch, "unavailable", "the client was closed")
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_S)
        await self._endpoints.close()

    async def _run(self, batch: Batch) -> None:
        await batch.gathered(self._settings.window_ms / 1000)
        while batch.calls:
            limit = batch.limit()
            try:
                async with limit:
                    await self._attempts(batch)
            except TimeoutError:
                if not limit.expired():
                    raise
                self._expire(batch)
            except Failure as failure:
                why = f"{failure.reason} (the last of {self._settings.attempts} attempts)"
                self._give_up(batch, failure.status, why)
        # one whose calls were all too late for a connection was never closed, and their callers may call again
        batch.close()

    async def _attempts(self, batch: Batch) -> None:
        def before_sleep(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, Failure):
                batch.obstacle = error
                self._tally.retries[error.status] += 1

        attempts = AsyncRetrying(
            retry=retry_if_exception_type(Failure),
            stop=stop_after_attempt(self._settings.attempts),
            wait=self._wait,
            before_sleep=before_sleep,
            reraise=True,
        )
        await attempts(self._attempt, batch)

    async def _attempt(self, batch: Batch) -> None:
        batch.doing = "all connections were busy"
        async with self._slots:
            await self.circuit.closed()
            batch.close()
            started = self._loop.time()
            before = f"; before that, {batch.obstacle.reason}" if batch.obstacle else ""
            batch.obstacle, batch.doing = None, f"the service did not reply{before}"
            while batch.calls:
                await self._send(batch, started)

    async def _send(self, batch: Batch, started: float) -> None:
        sent = list(batch.calls)
        self._tally.request(len(sent))
        began = self._loop.time()
        try:
            with request(batch.ask.recipe, len(sent), self._endpoints.url.partition(":")[0]) as named:
                batch.request_id = named.request_id
                reply = await self._endpoints.score(
                    batch.ask,
                    [call.rollout for call in sent],
                    [call.encoded for call in sent],
                    lambda: self._deadline_ms(batch, sent),
                )
        except Refusal as refusal:
            log.warning("request %s was refused: %s", batch.request_id, refusal.code)
            self.circuit.worked()
            self._refused(batch, sent, refusal)
            return
        except Failure as failure:
            if failure.gone:
                self.circuit.failed(failure, started)
            else:
                self.circuit.worked()
            raise
        self.circuit.worked()
        if (took_s := self._loop.time() - began) > self._settings.slow_s:
            log.warning("request %s took %.1f s for %d rollouts", batch.request_id, took_s, len(sent))
        self._tell_absent(batch.request_id, reply)
        self._settle(batch, sent, reply)

    def _tell_absent(self, request_id: str, reply: ScoreResponse) -> None:
        absent = [(one.id, missing(one)) for one in reply.results if one.reward is None]
        lost = [(name[:_ID_CHARS], status) for name, status in absent if status in OUT_OF_SERVICE]
        if lost:
            counts = dict(Counter(status for _, status in lost))
            named = [name for name, _ in lost[:_NAMED]]
            log.warning("request %s: no reward for %d rollouts: %s; such as %r", request_id, len(lost), counts, named)

    def _deadline_ms(self, batch: Batch, sent: Sequence[Call]) -> int:
        left = min(call.until for call in (batch.calls or sent)) - self._loop.time()
        left -= min(self._settings.reply_margin_ms / 1000, left / 10)
        return min(max(1, int(left * 1000)), _MOST_DEADLINE_MS)

    def _settle(self, batch: Batch, sent: Sequence[Call], reply: ScoreResponse) -> None:
        for call, result in zip(sent, reply.results, strict=True):
            scored = Scored(result=result, fingerprint=reply.fingerprint)
            if call.repeats and result.reward is None and missing(result) in OUT_OF_SERVICE:
                call.repeats -= 1
                call.last = scored
            else:
                self._end(batch, call, scored)
        if batch.calls:
            first = next(iter(batch.calls)).last
            status = first.status if first else "unavailable"
            raise Failure(status, f"the service has no reward for {len(batch.calls)} of {len(sent)} rollouts: {status}")

    def _refused(self, batch: Batch, sent: Sequence[Call], refusal: Refusal) -> None:
        """The callers at fault are told; the others go on without them."""
        waiting = [call for call in sent if call in batch.calls]
        guilty = apart(refusal, [call.rollout for call in sent])
        if guilty:
            for index, error in guilty.items():
                self._end(batch, sent[index], error)
        elif refusal.code == "too_large" and len(waiting) > 1:
            # some limit on the way is lower than ours: two requests may fit
            rest = waiting[len(waiting) // 2 :]
            for call in rest:
                batch.remove(call)
            other = Batch(batch.ask, rest)
            other.close()
            self.start(other)
        else:
            field = next((field for field in refusal.fields if field.path), FieldError("", ""))
            for call in waiting:
                # of a request that is too large, this one is all there is
                name = call.rollout.id if refusal.code == "too_large" else ""
                message = field.message or refusal.message
                self._end(batch, call, RequestRefused(refusal.code, field.path, message, name))

    def _expire(self, batch: Batch) -> None:
        status, why = "timeout", batch.doing
        if self.circuit.problem:
            status, why = "unavailable", self.circuit.problem
        elif batch.obstacle is not None:
            status, why = batch.obstacle.status, batch.obstacle.reason
        now = self._loop.time() + _SLACK_S
        late = [call for call in batch.calls if call.until <= now]
        self._tell_given_up(batch, late, status)
        for call in late:
            reason = f"not within {call.limit_s:g} s: {why}"
            self._end(batch, call, call.last or unscored(call, status, reason))

    def _give_up(self, batch: Batch, status: str, why: str) -> None:
        self._tell_given_up(batch, list(batch.calls), status)
        for call in list(batch.calls):
            self._end(batch, call, call.last or unscored(call, status, why))

    def _tell_given_up(self, batch: Batch, calls: Sequence[Call], status: str) -> None:
        if calls:
            named = [call.rollout.id[:_ID_CHARS] for call in calls[:_NAMED]]
            last = batch.request_id or "none was sent"
            log.warning("given up: %d rollouts, such as %r: %s; the last request: %s", len(calls), named, status, last)

    def _end(self, batch: Batch, call: Call, outcome: Scored | Exception) -> None:
        if call not in batch.calls:
            return  # its caller has left meanwhile
        batch.remove(call)
        if call.future.done():
            return
        self._tally.end(outcome, time.perf_counter() - call.begun)
        if isinstance(outcome, Exception):
            call.future.set_exception(outcome)
        else:
            call.future.set_result(outcome)

    def _ended(self, task: asyncio.Task[None]) -> None:
        batch = self._running.pop(task)
        batch.close()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a defect of the reward client", exc_info=error)
        for call in list(batch.calls):
            if isinstance(error, Exception):
                self._end(batch, call, error)
            else:
                self._end(batch, call, unscored(call, "unavailable", "the request was cancelled"))


def unscored(call: Call, status: str, reason: str) -> Scored:
    """No result: neither a reward nor a component."""
    return Scored(result=Result(id=call.rollout.id, components={}), unscored=status, reason=reason)
