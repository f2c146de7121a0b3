"""A judgement's way through the service.

    texts -> short cut? -> prompt -> cache? -> under way already? -> gate -> engine (retry) -> verdict -> ruling

One object serves the whole cluster, so that equal judgements meet here, whoever asks, and the limits are global.
Every wait ends with the deadline of whoever waits; work that nobody waits for is cancelled in the engine.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from medreward.contract.errors import ServiceError
from medreward.judge import JudgeAsk, Judged, Judgement, Ruled, Ruling
from medreward.judge import verdict as verdicts
from medreward.judge.ahead import Ahead
from medreward.judge.cache import NoCache, VerdictCache
from medreward.judge.caller import Caller
from medreward.judge.choice import ASKED, find_rubric, semantics_rubric
from medreward.judge.flights import Flights
from medreward.judge.prompt import FieldProblem, TextLimits, render
from medreward.judge.rubrics import Rubric
from medreward.judge.ruling import averaged, compare, is_low, on_menu, rule, scores_of
from medreward.judge.settings import JudgeSettings
from medreward.judge.shortcut import short_cut
from medreward.judge.tally import Tally
from medreward.judge.types import Completion, Engine, Keeper, Meter, Prompt, Verdict
from medreward.rewards.types import Outcome, unscored
from medreward.scoring.deadline import Deadline
from medreward.scoring.settings import Admission

log = logging.getLogger(__name__)

_TURN_S = 0.005  # seconds of work after which other batches of this process get their turn
_TOP_LOGPROBS = 12  # a menu of ten numbers, written by whatever tokenizer; more makes an engine slower


class _Item(NamedTuple):
    """A text to be judged, on its way."""

    rubric: Rubric
    fields: Mapping[str, str]
    explain: bool
    prompt: Prompt
    key: str
    sources: dict[str, str]
    """key of each prompt that was asked -> where its verdict came from; the first is that of ``key``"""


class JudgeService:
    """A judge over one engine. For one event loop."""

    def __init__(
        self,
        engine: Engine,
        rubrics: Mapping[str, Rubric],
        settings: JudgeSettings,
        cache: VerdictCache,
        caller: Caller | None = None,
        keeper: Keeper | None = None,
        admission: Admission | None = None,
    ) -> None:
        """With a ``keeper``, answers tell how they came about; without ``admission`` all may wait.

        Raises ValueError as :func:`semantics_rubric`.
        """
        self._engine = engine
        self._rubrics = rubrics
        self._semantics = semantics_rubric(rubrics, settings)
        self._settings = settings
        self._cache = cache
        self._caller = caller or Caller(engine, settings)
        self._keeper = keeper
        self._ahead = Ahead(self._caller, settings, admission or Admission(enabled=False))
        self._meter: Meter | None = None
        self._flights: Flights[tuple[str, bool], Verdict] = Flights()
        self._work: dict[tuple[str, bool], Tally] = {}
        self._starting: asyncio.Future[None] | None = None
        self._limits = TextLimits(
            answer_chars=settings.candidate_chars,
            context_chars=settings.context_chars,
            reason_chars=settings.reason_chars,
        )

    def fingerprint(self) -> dict[str, str]:
        """What the semantics verdicts depend on."""
        return self._fingerprint(self._semantics)

    def without_cache(self) -> JudgeService:
        """The same judge, behind the same limits, that asks the engine every time."""
        return JudgeService(self._engine, self._rubrics, self._settings, NoCache(), self._caller)

    def watched_by(self, meter: Meter) -> None:
        """Tells ``meter`` of its queue and its margins from now on; not of the margins :meth:`without_cache`."""
        self._meter = self._caller.gate.meter = meter

    def wait_s(self) -> float:
        """Seconds that a judgement would wait for the engine now, as estimated."""
        return self._ahead.wait_s()

    async def start(self) -> None:
        """Learns what the engine is; whoever does not call it waits for it with the first judgement.

        Raises:
            EngineError: the engine cannot tell.
        """
        if self._starting is None or (self._starting.done() and _failed(self._starting)):
            self._starting = asyncio.ensure_future(self._engine.start())
        # one that stops waiting does not stop the engine from starting
        await asyncio.shield(self._starting)

    async def refresh(self) -> None:
        """Looks again at what the engine is: an endpoint may have been upgraded."""
        await self._engine.refresh()

    async def close(self) -> None:
        """Gives back the engine's and the cache's connections."""
        await self._engine.close()
        await self._cache.close()

    async def judge(self, asks: Sequence[JudgeAsk], deadline: Deadline) -> Judged:
        """The semantics of each ask: value 1 if the two answers are close, else 0 (GEMeX-RMCoT, section 4.2.2)."""
        fields = [_fields(ask, self._semantics) for ask in asks]
        explain = [ask.explain for ask in asks]
        tally = Tally()
        rulings = await self._rulings(self._semantics, fields, explain, deadline, tally)
        engine = self._engine.identity()["engine"]
        outcomes = [_outcome(ruling, engine) for ruling in rulings]
        told = [ruling.judgement or Judgement() for ruling in rulings] if self._keeper is not None else ()
        return Judged(outcomes, self.fingerprint(), tally.counts(), told)

    async def rule(self, rubric: str, items: Sequence[Mapping[str, str]], explain: bool, deadline: Deadline) -> Ruled:
        """One ruling an item, in order.

        Raises:
            RequestError: ``not_found`` (no such rubric) or ``invalid`` (a field that the rubric does not have).
        """
        chosen = find_rubric(self._rubrics, rubric, items)
        tally = Tally()
        rulings = await self._rulings(chosen, items, [explain] * len(items), deadline, tally)
        return Ruled(rulings, self._fingerprint(chosen), tally.counts())

    async def _rulings(
        self,
        rubric: Rubric,
        items: Sequence[Mapping[str, str]],
        explain: Sequence[bool],
        deadline: Deadline,
        tally: Tally,
    ) -> list[Ruling]:
        tally.asked += len(items)
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self.start()
        except TimeoutError:
            tally.failed += len(items)
            return [self._late()] * len(items)
        prepared: list[_Item | Ruling] = []
        turn = time.monotonic()
        for fields, wanted in zip(items, explain, strict=True):
            prepared.append(self._late() if deadline.expired else self._prepare(rubric, fields, wanted, tally))
            if time.monotonic() - turn > _TURN_S:
                await asyncio.sleep(0)
                turn = time.monotonic()
        asked = [item for item in prepared if isinstance(item, _Item)]
        if asked:
            rulings = iter(await self._within(asked, deadline, tally))
            prepared = [next(rulings) if isinstance(item, _Item) else item for item in prepared]
        done = [item for item in prepared if isinstance(item, Ruling)]
        tally.failed += sum(ruling.status != "ok" for ruling in done)
        if self._meter is not None:
            self._meter.margins([ruling.margin for ruling in done if ruling.margin is not None])
        return done

    def _prepare(self, rubric: Rubric, fields: Mapping[str, str], explain: bool, tally: Tally) -> _Item | Ruling:
        """What is to be asked; a ruling where nothing is."""
        try:
            prompt = self._prompt(rubric, fields, explain, swapped=False)
        except FieldProblem as problem:
            return Ruling("invalid_input", f"{problem.field}: {problem}")
        if not prompt.cut and (ruling := short_cut(rubric, prompt.fields)) is not None:
            tally.short_cuts += 1
            return ruling if self._keeper is None else ruling._replace(judgement=Judgement(source="short_cut"))
        return _Item(rubric, fields, explain, prompt, self._key(prompt), {})

    def _prompt(self, rubric: Rubric, fields: Mapping[str, str], explain: bool, *, swapped: bool) -> Prompt:
        return render(
            rubric,
            fields,
            swapped=swapped,
            order=self._settings.order,
            explain=explain,
            early_stop=self._settings.early_stop,
            limits=self._limits,
            top_logprobs=_TOP_LOGPROBS if self._settings.scoring == "expected" and rubric.scores else 0,
        )

    async def _within(self, items: Sequence[_Item], deadline: Deadline, tally: Tally) -> list[Ruling]:
        """A ruling an item, before the deadline; each that is not done by then has status ``timeout``.

        Raises:
            Overbooked: the engine has too much before it.
        """
        try:
            async with asyncio.timeout(deadline.remaining()):
                known = await self._cache.find([item.key for item in items])
        except TimeoutError:
            return [self._late()] * len(items)
        new = {
            item.key
            for item, verdict in zip(items, known, strict=True)
            if verdict is None and not self._flights.under_way((item.key, item.explain))
        }
        self._ahead.admit(len(new), deadline)
        tasks = [
            asyncio.ensure_future(_typed(self._ruling(item, verdict, tally), item.prompt.cut))
            for item, verdict in zip(items, known, strict=True)
        ]
        first = {item.key: task for item, task in zip(items, tasks, strict=True) if item.key in new}
        self._ahead.take(first.values())
        try:
            await asyncio.wait(tasks, timeout=deadline.remaining())
        finally:
            late = [task for task in tasks if not task.done()]
            for task in late:
                task.cancel()
            # the last waiter of a flight cancels it, before this batch is answered
            await asyncio.gather(*late, return_exceptions=True)
        rulings = [self._late() if task.cancelled() else task.result() for task in tasks]
        return rulings if self._keeper is None else [_told(*pair) for pair in zip(items, rulings, strict=True)]

    async def _ruling(self, item: _Item, known: Verdict | None, tally: Tally) -> Ruling:
        settings, rubric = self._settings, item.rubric
        verdict = await self._verdict(item.prompt, item.key, item.explain, known, tally, item.sources)
        if not rubric.scores:
            return rule(rubric, verdict, {}, settings)
        scores, orders = scores_of(verdict, settings), 1
        if rubric.swap is not None:
            near = compare(scores, rubric, settings).margin <= settings.border
            if settings.swap == "always" or (settings.swap == "border" and near):
                tally.swapped += 1
                prompt = self._prompt(rubric, item.fields, False, swapped=True)
                key = self._key(prompt)
                (known,) = await self._cache.find([key])
                exchanged = await self._verdict(prompt, key, False, known, tally, item.sources)
                scores, orders = averaged([scores, scores_of(exchanged, settings)]), 2
            tally.low_references += is_low(compare(scores, rubric, settings).reference, rubric, settings)
        return rule(rubric, verdict, scores, settings, orders=orders)

    async def _verdict(
        self,
        prompt: Prompt,
        key: str,
        explain: bool,
        known: Verdict | None,
        tally: Tally,
        sources: dict[str, str],
    ) -> Verdict:
        # it may have been finished since the cache was asked
        known = self._cache.peek(key) or known
        if known is not None and on_menu(prompt.rubric, known) and (known.reason is not None or not explain):
            tally.cache_hits += 1
            sources[key] = "cache"
            return known if explain else known._replace(reason=None)
        flight = (key, explain)
        sources[key] = "engine"
        if self._flights.under_way(flight):
            tally.coalesced += 1
            sources[key] = "shared"
        work = self._work.setdefault(flight, Tally())
        try:
            verdict = await self._flights.share(flight, lambda: self._ask(prompt, key, work))
        finally:
            # whoever leaves, done or not, books what was done until then, so that all replies together book it once
            tally.take(work)
            if not self._flights.under_way(flight) and self._work.get(flight) is work:
                del self._work[flight]
        return verdict if explain else verdict._replace(reason=None)

    async def _ask(self, prompt: Prompt, key: str, work: Tally) -> Verdict:
        """The engine's verdict, kept."""
        completion = await self._caller.complete(prompt, work, key)
        try:
            verdict = verdicts.read(prompt, completion)
        except ServiceError as error:
            self._keep(prompt, key, completion, error)
            raise
        self._keep(prompt, key, completion, verdict)
        self._cache.keep(key, verdict)
        return verdict

    def _keep(self, prompt: Prompt, key: str, completion: Completion, said: Verdict | ServiceError) -> None:
        if self._keeper is not None:
            self._keeper.replied(prompt, key, completion, said, self._fingerprint(prompt.rubric))

    def _late(self) -> Ruling:
        trouble = f"; the engine: {self._caller.trouble}" if self._caller.trouble else ""
        return Ruling("timeout", f"the judge had no verdict before the deadline{trouble}")

    def _fingerprint(self, rubric: Rubric) -> dict[str, str]:
        settings = self._settings
        made = {
            **self._engine.identity(),
            "rubric": f"{rubric.name} {rubric.version}",
            "prompt_hash": rubric.hash,
            "order": settings.order,
            "texts": f"answer {settings.candidate_chars}, context {settings.context_chars} characters",
        }
        if rubric.scores:
            made["scoring"] = settings.scoring
        if rubric.swap is not None:
            low = settings.low_reference
            made["within"] = f"{settings.within:g}"
            made["swap"] = settings.swap + (f", margin <= {settings.border:g}" if settings.swap == "border" else "")
            made["low_reference"] = f"{low.action} below {low.below}"
        return made

    def _key(self, prompt: Prompt) -> str:
        """The hash of everything that the verdict depends on.

        Not how much of the reply is wanted: the scores are the same with the reason and without it.
        """
        parts = (
            sorted(self._engine.identity().items()),
            prompt.rubric.name,
            prompt.rubric.hash,
            prompt.swapped,
            sorted(prompt.fields.items()),
            prompt.messages,
            prompt.constraint,
            prompt.top_logprobs,
        )
        return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=20).hexdigest()


def _fields(ask: JudgeAsk, rubric: Rubric) -> dict[str, str]:
    texts = dict(zip(ASKED, (ask.question, ask.context, ask.reference, ask.candidate), strict=True))
    return {name: text for name, text in texts.items() if name in rubric.fields}


def _outcome(ruling: Ruling, engine: str) -> Outcome:
    if ruling.status != "ok":
        return unscored(ruling.status, ruling.detail)
    assert ruling.value is not None  # the semantics rubric compares two answers
    explanation: dict[str, object] = {"engine": engine}
    if ruling.scores:
        explanation |= {"scores": dict(ruling.scores), "margin": ruling.margin}
    if ruling.reason is not None:
        explanation["reason"] = ruling.reason
    return Outcome("ok", ruling.value, ruling.detail, explanation)


def _told(item: _Item, ruling: Ruling) -> Ruling:
    """The ruling with how it came about; where it is no verdict, with what was asked, and where."""
    (key, source), *exchanged = item.sources.items() or [(item.key, "")]
    swapped_key, swapped_source = exchanged[0] if exchanged else ("", "")
    judgement = Judgement(key, source, swapped_key, swapped_source, ruling.scores, ruling.margin)
    return ruling._replace(judgement=judgement)


def _failed(done: asyncio.Future[None]) -> bool:
    return done.cancelled() or done.exception() is not None


async def _typed(ruling: Awaitable[Ruling], cut: Sequence[str]) -> Ruling:
    """The ruling, saying what was not read to its end; a failure as its status."""
    try:
        done = await ruling
        return done._replace(detail=f"{done.detail}; cut to its limit: {', '.join(cut)}") if cut else done
    except ServiceError as error:
        return Ruling(error.status, error.detail)
    except Exception as error:
        log.exception("a judgement failed")
        return Ruling("unavailable", f"the judge failed: {type(error).__name__}")
