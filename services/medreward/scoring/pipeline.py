"""The way of a batch, from a request to a reply.

    1. each rollout is checked, parsed, and put to every reward of the recipe (pure code, in place);
    2. what needs the judge or the scorer is collected and asked once a batch, each service once;
    3. outcomes are weighted and summed into results, in the order of the request.

Two rules hold everywhere here: a failure is never a number, and nothing waits beyond the request's deadline.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from medreward import __version__
from medreward.contract import types as t
from medreward.contract.errors import ErrorCode, Overbooked, RequestError
from medreward.judge import Judge, JudgeAsk, Judgement
from medreward.parsing import parse
from medreward.rewards.types import Outcome, Pending, Reward, Sample, unscored
from medreward.scorer import Scorer, ScorerAsk
from medreward.scoring.admission import InPlaceQueue, refusal
from medreward.scoring.check import defect
from medreward.scoring.combine import absent, combine
from medreward.scoring.deadline import Deadline
from medreward.scoring.in_place import InPlace
from medreward.scoring.recipes import Recipe, RecipeError, ad_hoc, weight_problem
from medreward.scoring.services import Asks, JudgeCall, ScorerCall, sound
from medreward.scoring.settings import Admission
from medreward.scoring.trail import Trail

log = logging.getLogger(__name__)

# seconds of work after which other requests and health checks of this process get their turn
_TURN_S = 0.005
_ID_CHARS = 80  # of an id in the log


class Summary(NamedTuple):
    """What closes a reply."""

    fingerprint: t.Fingerprint
    timing_ms: t.Timing


class Pipeline:
    """Scores batches by the recipes it was given. One object serves many requests at a time."""

    def __init__(
        self,
        recipes: Mapping[str, Recipe],
        rewards: Mapping[str, Reward],
        *,
        judge: Judge | None = None,
        scorer: Scorer | None = None,
        default_deadline_ms: int = 10_000,
        admission: Admission | None = None,
    ) -> None:
        """Without ``admission`` all may wait."""
        self.recipes = recipes
        self.rewards = rewards
        self._judge = judge
        self._scorer = scorer
        self._default_deadline_ms = default_deadline_ms
        self._admission = admission or Admission(enabled=False)
        self._queue = InPlaceQueue(self._admission)

    def wait_s(self) -> float:
        """Seconds that this process needs for the rollouts that it has now, as estimated."""
        return self._queue.wait_s()

    async def score(
        self,
        request: t.ScoreRequest,
        *,
        arrived: float | None = None,
        within_ms: float | None = None,
        in_place: InPlace | None = None,
        trail: Trail | None = None,
    ) -> t.ScoreResponse:
        """Scores a batch.

        Args:
            request: decoded and within the limits.
            arrived: when it came in, in seconds of ``time.monotonic``; its deadline counts from there.
            within_ms: milliseconds that the transport's own deadline leaves; the shorter one rules.
            in_place: where to tell how long this process worked, and at what.
            trail: where to tell how verdicts of the judge came about.

        Raises:
            RequestError: ``invalid``, when there is no such recipe or component; ``overloaded``, when it cannot be
                scored before its deadline, so that it was not begun.
        """
        results: list[Any] = [None] * len(request.rollouts)
        summary: Summary | None = None
        stream = self.stream(request, arrived=arrived, within_ms=within_ms, in_place=in_place, trail=trail, whole=True)
        async for index, item in stream:
            if isinstance(item, Summary):
                summary = item
            else:
                results[index] = item
        assert summary is not None  # stream() ends with it
        return t.ScoreResponse(results, summary.fingerprint, summary.timing_ms)

    async def stream(
        self,
        request: t.ScoreRequest,
        *,
        arrived: float | None = None,
        within_ms: float | None = None,
        in_place: InPlace | None = None,
        trail: Trail | None = None,
        whole: bool = False,
    ) -> AsyncIterator[tuple[int, t.Result | Summary]]:
        """Each result with its position as soon as it is ready, then the :class:`Summary`. Raises as :meth:`score`.

        With ``whole`` also when judge or scorer cannot do their part in time; without it, that part is ``overloaded``.
        """
        recipe = self._recipe(request)
        started = time.monotonic()
        arrived = started if arrived is None else arrived
        deadline = Deadline.after_ms(request.deadline_ms or self._default_deadline_ms, arrived)
        if within_ms is not None:
            deadline = min(deadline, Deadline.after_ms(within_ms))
        batch = _Batch(recipe, request.explain, in_place or InPlace())

        turn = started
        with self._queue.entered(len(request.rollouts), deadline, counted=whole) as stay:
            for index, rollout in enumerate(request.rollouts):
                now = time.monotonic()
                if now - turn > _TURN_S:
                    await asyncio.sleep(0)
                    turn = now = time.monotonic()
                if now >= deadline.at:
                    yield index, absent(recipe, rollout, "timeout", "the deadline passed before it was scored")
                    continue
                stay.scored += 1
                if (result := batch.score(index, rollout)) is not None:
                    yield index, result
        computed = time.monotonic()

        # one call a batch to each service: on Ray Serve a call for each item would take longer than all the rest
        judged, scores = JudgeCall(self._judge, batch.judge_asks), ScorerCall(self._scorer)
        judge_ms, scorer_ms = await _together(
            _timed(batch.judge_asks, "judge", judged.ask if self._judge else None, deadline, whole),
            _timed(batch.scorer_asks, "scorer", scores.ask if self._scorer else None, deadline, whole),
        )
        if trail is not None:
            batch.tell(trail, judged.judgements)
        for index, result in batch.finish():
            yield index, result
        yield (
            len(request.rollouts),
            Summary(
                self.fingerprint(recipe, judged.fingerprint, scores.fingerprint),
                t.Timing(
                    queue=_ms(started - arrived),
                    deterministic=_ms(computed - started),
                    total=_ms(time.monotonic() - arrived),
                    judge=judge_ms,
                    scorer=scorer_ms,
                    judge_counts=judged.counts(),
                ),
            ),
        )

    def fingerprint(
        self, recipe: Recipe, judged: Mapping[str, str] | None = None, scores: Mapping[str, str] | None = None
    ) -> t.Fingerprint:
        """What the rewards of ``recipe`` depend on; of judge and scorer, what they said themselves, or is known."""
        if judged is None and self._judge is not None:
            judged = self._judge.fingerprint()
        if scores is None and self._scorer is not None:
            scores = self._scorer.fingerprint()
        return t.Fingerprint(
            version=__version__,
            recipe=recipe.name,
            recipe_hash=recipe.hash,
            judge=dict(judged or {}),
            scorer=dict(scores or {}),
        )

    def services(self) -> dict[str, dict[str, str]]:
        """What answers for judge and scorer: their fingerprints, or that there is none; what is wrong with one."""
        told = {
            name: {"status": "configured", **service.fingerprint()} if service else {"status": "unavailable"}
            for name, service in (("judge", self._judge), ("scorer", self._scorer))
        }
        if self._scorer is not None and self._scorer.problem:
            told["scorer"]["problem"] = self._scorer.problem
        return told

    def _recipe(self, request: t.ScoreRequest) -> Recipe:
        if request.recipe:
            recipe = self.recipes.get(request.recipe)
            if recipe is None:
                known = ", ".join(sorted(self.recipes))
                raise RequestError.at(
                    ErrorCode.INVALID, "recipe", f"unknown recipe {request.recipe[:80]!r}, there are {known}"
                )
            return recipe
        for name, weight in request.components.items():
            path = f"components.{name[:80]}"
            if name not in self.rewards:
                known = ", ".join(sorted(self.rewards))
                raise RequestError.at(ErrorCode.INVALID, path, f"unknown reward, there are {known}")
            if (wrong := weight_problem(weight)) is not None:
                raise RequestError.at(ErrorCode.INVALID, path, wrong)
        try:
            return ad_hoc(request.components, self.rewards)
        except RecipeError as error:
            raise RequestError.at(ErrorCode.INVALID, "components", str(error)) from None


class _Waiting(NamedTuple):
    """A rollout with components that a service must answer."""

    position: int
    sample: Sample
    outcomes: dict[str, Outcome]
    pending: list[tuple[str, Pending, list[int]]]
    """component, what it waits for, where its answers will be"""


class _Batch:
    """The rollouts of one request on their way."""

    def __init__(self, recipe: Recipe, explain: bool, in_place: InPlace) -> None:
        self._recipe = recipe
        self._explain = explain
        self._in_place = in_place
        self._waiting: list[_Waiting] = []
        self.judge_asks: Asks[JudgeAsk] = Asks()
        self.scorer_asks: Asks[ScorerAsk] = Asks()

    def score(self, index: int, rollout: t.Rollout) -> t.Result | None:
        """The result of a rollout, or None when it waits for a service."""
        if (wrong := defect(rollout)) is not None:
            return absent(self._recipe, rollout, "invalid_input", wrong)
        started = time.perf_counter()
        sample = _sample(rollout, self._explain)
        now = time.perf_counter()
        self._in_place.parse += now - started
        outcomes: dict[str, Outcome] = {}
        pending: list[tuple[str, Pending, list[int]]] = []
        for part in self._recipe.parts:
            started = now
            outcome = _guarded(part.name, rollout, part.reward.function, sample, part.params)
            now = time.perf_counter()
            if isinstance(outcome, Pending):
                asks: Asks[Any] = self.judge_asks if outcome.service == "judge" else self.scorer_asks
                pending.append((part.name, outcome, asks.add(outcome.asks)))
            else:
                outcomes[part.name] = outcome
                self._in_place.components[part.name] += now - started
        if pending:
            self._waiting.append(_Waiting(index, sample, outcomes, pending))
            return None
        return combine(self._recipe, sample, outcomes)

    def tell(self, trail: Trail, judgements: Sequence[Judgement]) -> None:
        """Tells which judgements, of those in the order of the asks, stand behind which component."""
        if not judgements:
            return
        for waiting in self._waiting:
            for name, pending, positions in waiting.pending:
                if pending.service == "judge":
                    trail.judged(waiting.position, name, [judgements[position] for position in positions])

    def finish(self) -> list[tuple[int, t.Result]]:
        """The results of the rollouts that waited, once both services were asked."""
        results = []
        for waiting in self._waiting:
            for name, pending, positions in waiting.pending:
                asks: Asks[Any] = self.judge_asks if pending.service == "judge" else self.scorer_asks
                waiting.outcomes[name] = _guarded(name, waiting.sample.rollout, pending.finish, asks.answers(positions))
            results.append((waiting.position, combine(self._recipe, waiting.sample, waiting.outcomes)))
        return results


def _sample(rollout: t.Rollout, explain: bool) -> Sample:
    first = parse(rollout.response or "")
    if rollout.retry is None:
        return Sample(rollout, first, None, explain)
    return Sample(rollout, parse(rollout.retry.response or ""), first, explain)


def _guarded(name: str, rollout: t.Rollout, function: Callable[..., Any], *args: Any) -> Any:
    """What the reward returns; an unscored outcome when it raises or returns no outcome."""
    try:
        outcome = function(*args)
    except Exception as error:
        about = {"rollout": rollout.id[:_ID_CHARS], "group": rollout.group_id[:_ID_CHARS]}
        log.exception("reward %s failed", name, extra=about)
        return unscored("unavailable", f"the reward failed: {type(error).__name__}: {error}"[:200])
    return outcome if isinstance(outcome, Pending) else sound(outcome, "the reward")


async def _together(*work: Coroutine[Any, Any, float | None]) -> list[float | None]:
    """What all of these return. When one is refused, the others are given up at once."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    except Overbooked as error:
        raise refusal(error) from None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _timed(asks: Asks[Any], name: str, call: Any, deadline: Deadline, whole: bool) -> float | None:
    """Milliseconds that the service took; None when there was nothing to ask it."""
    if not asks:
        return None
    start = time.monotonic()
    await asks.put_to(name, call, deadline, whole=whole)
    return _ms(time.monotonic() - start)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
