"""Asking the engine: through the gate, and once more when it was lost and has come back."""

from __future__ import annotations

import asyncio
import time

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from medreward.judge.flights import Flights
from medreward.judge.gate import Gate
from medreward.judge.settings import JudgeSettings
from medreward.judge.tally import Tally
from medreward.judge.types import Completion, Engine, EngineError, Prompt
from medreward.observability import tracing
from medreward.scoring.deadline import Deadline
from medreward.scoring.pace import Pace


class Caller:
    """All calls to one engine. It has no deadline of its own: whoever waits cancels at theirs."""

    def __init__(self, engine: Engine, settings: JudgeSettings) -> None:
        self._engine = engine
        self._attempts = 1 + settings.retries
        self._call_ms = settings.call_timeout_s * 1000
        self._recovery: Flights[str, None] = Flights()
        self.gate = Gate(settings.max_concurrency, settings.max_queued, settings.rate_per_s)
        self.trouble: str | None = None
        """why the engine was lost, while it is"""
        self.pace = Pace()
        """seconds that the engine takes for a call"""
        # they end in bunches, so that one alone says little
        self.turnover = Pace(newest=0.02)
        """seconds between the ends of two calls, while others wait for their places"""
        self._ended: float | None = None

    async def complete(self, prompt: Prompt, tally: Tally, key: str = "") -> Completion:
        """What the engine writes; ``key`` is what the traces call the prompt by.

        Raises:
            ServiceError: ``overloaded`` at the gate, or what the engine said at last.
        """
        attempts = AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            retry=retry_if_exception(self._worth_it),
            wait=_pause,
            before_sleep=self._until_it_answers,
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                asked = time.monotonic()
                async with self.gate.entered():
                    tally.engine_calls += 1
                    tally.retries += attempt.retry_state.attempt_number > 1
                    about: dict[str, str | int | float] = {
                        "key": key,
                        "rubric": prompt.rubric.name,
                        "attempt": attempt.retry_state.attempt_number,
                        "waited_ms": round((time.monotonic() - asked) * 1000, 3),
                    }
                    with tracing.span("engine.call", "client", None, **about) as span:
                        completion = await self._timed(prompt)
                        span.set(
                            prompt_tokens=completion.prompt_tokens,
                            cached_tokens=completion.cached_tokens,
                            completion_tokens=completion.completion_tokens,
                            finish=completion.finish,
                        )
                tally.completed(completion)
                self.trouble = None
                number = attempt.retry_state.attempt_number
        return completion if number == 1 else completion._replace(attempts=number)

    async def _timed(self, prompt: Prompt) -> Completion:
        began = time.monotonic()
        try:
            completion = await self._engine.complete(prompt, Deadline.after_ms(self._call_ms))
        except (asyncio.CancelledError, EngineError) as error:
            # of one that was given up it is known that it would have taken longer
            if isinstance(error, asyncio.CancelledError) or error.status == "timeout":
                self.pace.took_more(time.monotonic() - began)
            raise
        finally:
            self._left()
        self.pace.took(time.monotonic() - began)
        return completion

    def _left(self) -> None:
        """A call ended, in whatever way: its place is free for another."""
        now = time.monotonic()
        if self._ended is not None:
            self.turnover.took(now - self._ended)
        self._ended = now if self.gate.waiting else None

    def _worth_it(self, error: BaseException) -> bool:
        """Whether to ask again: not when the engine wants to be left alone for longer than a call may take."""
        if not isinstance(error, EngineError) or not error.retryable:
            return False
        return error.retry_after_s is None or error.retry_after_s * 1000 <= self._call_ms

    async def _until_it_answers(self, failed: RetryCallState) -> None:
        """Before asking again: waits until the engine is back, however many judgements it lost, as one wait.

        A replica that died is replaced in some time, and a judgement that is asked again before that would be lost for
        good. Nothing waits longer than its own deadline.
        """
        error = failed.outcome.exception() if failed.outcome is not None else None
        self.trouble = str(error)
        if isinstance(error, EngineError) and error.status == "unavailable":
            await self._recovery.share("engine", self._poll)

    async def _poll(self) -> None:
        polls = AsyncRetrying(
            retry=retry_if_exception(_may_answer_soon),
            wait=wait_random_exponential(multiplier=0.2, min=0.1, max=2.0),
            reraise=True,
        )
        async for poll in polls:
            with poll:
                await self._engine.ready()


def _may_answer_soon(error: BaseException) -> bool:
    # one that does not answer in time is as far away as one that is gone
    return isinstance(error, EngineError) and (error.retryable or error.status == "timeout")


_backoff = wait_random_exponential(multiplier=0.2, max=5.0)


def _pause(state: RetryCallState) -> float:
    """Seconds before asking again: what the engine asks for, or a growing random pause, since many are lost at once."""
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, EngineError) and error.retry_after_s is not None:
        return error.retry_after_s
    return _backoff(state)
