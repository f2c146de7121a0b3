"""An engine for tests of what stands before one, and the service over it.

The engine answers by a function and remembers what it was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.judge.cache import MemoryCache, VerdictCache
from medreward.judge.rubrics import load_rubrics
from medreward.judge.service import JudgeService
from medreward.judge.settings import JudgeSettings
from medreward.judge.types import Completion, EngineError, Prompt
from medreward.scoring.deadline import Deadline

RUBRICS = load_rubrics([])


def scores(reference: int, candidate: int, reason: str | None = None) -> Completion:
    """A completion of the semantics rubric, with ten tokens written and a hundred read."""
    text = f'{{"assistant1": {reference}, "assistant2": {candidate},'
    if reason is not None:
        text += f' "reason": "{reason}"}}'
    return Completion(text, "stop", prompt_tokens=100, cached_tokens=60, completion_tokens=10)


class FakeEngine:
    """Stands for a language model. ``answer`` is a completion, an error, or a function of the prompt (async or not)."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer if answer is not None else (lambda prompt: by_length(prompt))
        self.asked: list[Prompt] = []
        self.inside = 0
        self.most_inside = 0
        self.cancelled = 0
        self.closed = False
        self.started = 0
        self.starting: Callable[[], Awaitable[object]] | None = None
        self.polled = 0
        self.down_for = 0
        self.who: dict[str, str] = {"engine": "fake", "model": "m", "revision": "1"}

    async def start(self) -> None:
        self.started += 1
        if self.starting is not None:
            await self.starting()

    async def ready(self) -> None:
        self.polled += 1
        if self.down_for:
            self.down_for -= 1
            raise EngineError(
                "timeout" if self.down_for % 2 else "unavailable", "still gone", retryable=not self.down_for % 2
            )

    async def refresh(self) -> None:
        self.who = {**self.who, "engine_version": "2"}

    def identity(self) -> Mapping[str, str]:
        return self.who

    async def complete(self, prompt: Prompt, deadline: Deadline) -> Completion:
        self.asked.append(prompt)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await asyncio.sleep(0)
            answer = self.answer
            if isinstance(answer, Callable):  # type: ignore[arg-type]
                answer = answer(prompt)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if isinstance(answer, BaseException):
                raise answer
            return answer  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1

    async def close(self) -> None:
        self.closed = True


def by_length(prompt: Prompt) -> Completion:
    """Right if the answer is as long as the reference: nonsense, but it tells one judgement from another."""
    close = len(prompt.fields["candidate"]) == len(prompt.fields["reference"])
    explained = "by length" if not prompt.stop else None
    pair = (9, 9 if close else 3)
    return scores(*(reversed(pair) if prompt.swapped else pair), explained)


def service(engine: FakeEngine, cache: VerdictCache | None = None, **settings: Any) -> JudgeService:
    """The judge over ``engine``, with a cache in memory unless another is given."""
    return JudgeService(engine, RUBRICS, JudgeSettings(**settings), cache or MemoryCache(1000, 1000))


def ask(candidate: str, reference: str = "effusion", **more: Any) -> JudgeAsk:
    """One judgement of the semantics rubric."""
    return JudgeAsk("What is seen?", "", reference, candidate, **more)


def judged(judge: JudgeService, *asks: JudgeAsk, within_ms: float = 5000) -> Judged:
    """What ``judge`` says of the asks."""
    return asyncio.run(judge.judge(asks, Deadline.after_ms(within_ms)))


def ruled(judge: JudgeService, rubric: str, *items: Mapping[str, str], explain: bool = False) -> Ruled:
    """What ``judge`` says of the items by ``rubric``."""
    return asyncio.run(judge.rule(rubric, items, explain, Deadline.after_ms(5000)))


def values(done: Judged) -> Sequence[float | None]:
    """The values of the outcomes, in order."""
    return [outcome.value for outcome in done.outcomes]
