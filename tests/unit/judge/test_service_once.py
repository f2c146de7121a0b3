"""Every judgement is made once: those under way meet, finished ones are found again, and counts say so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from medreward.judge import JudgeAsk, Judged
from medreward.judge.cache import MemoryCache, NoCache
from medreward.judge.types import Completion, EngineError, Prompt, Verdict
from medreward.scoring.deadline import Deadline
from tests.unit.judge.engine import FakeEngine, ask, by_length, judged, scores, service, values


def test_equal_judgements_under_way_are_one_call() -> None:
    engine = FakeEngine()
    done = judged(service(engine, NoCache()), *[ask("abc")] * 5, ask("other"))
    assert len(engine.asked) == 2
    assert (done.counts.asked, done.counts.engine_calls, done.counts.coalesced) == (6, 2, 4)


def test_equal_judgements_of_two_requests_meet() -> None:
    engine = FakeEngine()
    judge = service(engine, NoCache())

    async def run() -> list[Judged]:
        asks = [ask("abc"), ask("abcd")]
        return await asyncio.gather(*(judge.judge(asks, Deadline.after_ms(5000)) for _ in range(3)))

    first, *others = asyncio.run(run())
    assert len(engine.asked) == 2
    assert first.counts.engine_calls == 2
    assert [(other.counts.engine_calls, other.counts.coalesced) for other in others] == [(0, 2), (0, 2)]


def test_a_finished_judgement_is_found_in_the_cache() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc"))
    done = judged(judge, ask("abc"), ask("abcd"))
    assert len(engine.asked) == 2
    assert (done.counts.cache_hits, done.counts.engine_calls) == (1, 1)
    assert values(done) == [0.0, 0.0]


@pytest.mark.parametrize(
    "changed", [{"model": "other"}, {"revision": "2"}, {"engine_version": "9"}, {"sampling": "temperature 1"}]
)
def test_another_model_never_gets_an_old_verdict(changed: dict[str, str]) -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc"))
    engine.who = {**engine.who, **changed}
    judged(judge, ask("abc"))
    assert len(engine.asked) == 2


@pytest.mark.parametrize(
    "changed", [{"order": "paper"}, {"context_chars": 3}, {"candidate_chars": 5}, {"scoring": "expected"}]
)
def test_another_prompt_never_gets_an_old_verdict(changed: dict[str, Any]) -> None:
    engine, cache = FakeEngine(), MemoryCache(10, 100)
    one = JudgeAsk("What is seen?", "a chest film", "effusion", "abcdef")
    judged(service(engine, cache), one)
    judged(service(engine, cache, **changed), one)
    assert len(engine.asked) == 2


def test_fingerprint_tells_what_a_verdict_depends_on() -> None:
    made = service(FakeEngine()).fingerprint()
    assert {"engine", "model", "revision", "prompt_hash", "scoring", "order"} <= set(made)
    for changed in ({"within": 1.0}, {"swap": "always"}, {"candidate_chars": 7}, {"order": "paper"}):
        assert service(FakeEngine(), **changed).fingerprint() != made, changed


def test_an_engine_that_was_upgraded_never_serves_an_old_verdict() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc"))
    asyncio.run(judge.refresh())
    judged(judge, ask("abc"))
    assert len(engine.asked) == 2
    assert judge.fingerprint()["engine_version"] == "2"


def test_failures_are_never_kept() -> None:
    engine = FakeEngine(EngineError("unavailable", "gone"))
    judge = service(engine)
    assert judged(judge, ask("abc")).outcomes[0].status == "unavailable"
    engine.answer = by_length
    assert values(judged(judge, ask("abc"))) == [0.0]


def test_a_kept_verdict_that_the_rubric_does_not_allow_is_asked_for_anew() -> None:
    class Poisoned(MemoryCache):
        async def find(self, keys: Sequence[str]) -> list[Verdict | None]:
            poison: list[Verdict | None] = [
                Verdict({"assistant1": 99, "assistant2": 99}, None, None, {}),
                Verdict({"assistant1": 9}, None, None, {}),
                Verdict({}, "A", None, {}),
            ]
            return [poison[number % 3] for number, _ in enumerate(keys)]

    engine = FakeEngine(scores(9, 3))
    done = judged(service(engine, Poisoned(10, 100)), ask("a"), ask("b"), ask("c"))
    assert values(done) == [0.0, 0.0, 0.0]
    assert done.counts.engine_calls == 3


def test_a_verdict_with_its_reason_serves_those_who_want_none() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc", explain=True))
    (outcome,) = judged(judge, ask("abc")).outcomes
    assert len(engine.asked) == 1
    assert outcome.explanation is not None
    assert "reason" not in outcome.explanation


def test_counts_add_up() -> None:
    engine = FakeEngine(lambda p: EngineError("unavailable", "x") if p.fields["candidate"] == "bad" else by_length(p))
    judge = service(engine)
    judged(judge, ask("cached"))
    counts = judged(judge, ask("cached"), ask("new"), ask("new"), ask("effusion"), ask("bad")).counts
    assert counts.asked == 5
    assert (counts.cache_hits, counts.coalesced, counts.short_cuts, counts.engine_calls, counts.failed) == (
        1,
        1,
        1,
        2,
        1,
    )
    assert (counts.prompt_tokens, counts.cached_tokens, counts.completion_tokens) == (100, 60, 10)


def test_what_is_done_is_booked_once_also_when_the_first_who_asked_has_left() -> None:
    async def slow(prompt: Prompt) -> Completion:
        await asyncio.sleep(0.1)
        return by_length(prompt)

    judge = service(FakeEngine(slow))

    async def run() -> list[Judged]:
        waits = [judge.judge([ask("abcdefgh")], Deadline.after_ms(ms)) for ms in (20, 5000, 5000)]
        return await asyncio.gather(*waits)

    counts = [done.counts for done in asyncio.run(run())]
    assert [count.engine_calls for count in counts] == [1, 0, 0]
    assert sum(count.prompt_tokens for count in counts) == 100
    assert sum(count.completion_tokens for count in counts) == 10


def test_work_that_another_request_waits_for_goes_on() -> None:
    async def slow(prompt: Prompt) -> Completion:
        await asyncio.sleep(0.1)
        return by_length(prompt)

    engine = FakeEngine(slow)
    judge = service(engine)

    async def run() -> None:
        short = asyncio.ensure_future(judge.judge([ask("abcdefgh")], Deadline.after_ms(20)))
        long = asyncio.ensure_future(judge.judge([ask("abcdefgh")], Deadline.after_ms(5000)))
        assert (await short).outcomes[0].status == "timeout"
        assert (await long).outcomes[0].value == 1.0

    asyncio.run(run())
    assert (len(engine.asked), engine.cancelled) == (1, 0)


def test_engine_is_started_once_before_the_first_judgement() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc"))
    judged(judge, ask("abc"))
    assert engine.started == 1


def test_closing_gives_back_the_engine() -> None:
    engine = FakeEngine()
    asyncio.run(service(engine).close())
    assert engine.closed


def test_a_reason_is_in_no_reply_that_did_not_ask_for_it() -> None:
    # without early stop the engine writes it all the same
    engine = FakeEngine(scores(9, 3, "far apart"))
    judge = service(engine, early_stop=False)
    first, again = (judged(judge, ask("abc")).outcomes[0] for _ in range(2))
    assert first == again
    assert first.explanation is not None
    assert "reason" not in first.explanation


def test_a_reference_of_nothing_is_invalid_whatever_the_answer() -> None:
    engine = FakeEngine(scores(9, 9))
    outcomes = judged(service(engine), ask("", reference="..."), ask("fluid", reference="...")).outcomes
    assert [(outcome.status, outcome.value) for outcome in outcomes] == [("invalid_input", None)] * 2
    assert engine.asked == []
