"""The judge service over an engine that tells what it was asked: every judgement once, every failure typed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from medreward.contract.errors import ErrorCode, RequestError
from medreward.judge import JudgeAsk, Judged, Ruled
from medreward.judge.cache import MemoryCache, NoCache, VerdictCache
from medreward.judge.rubrics import load_rubrics
from medreward.judge.ruling import rule
from medreward.judge.service import JudgeService
from medreward.judge.settings import JudgeSettings
from medreward.judge.types import Completion, EngineError, Prompt, Token, Verdict
from medreward.scoring.deadline import Deadline
from tests.unit.judge.engine import FakeEngine, by_length, scores

RUBRICS = load_rubrics([])


def service(engine: FakeEngine, cache: VerdictCache | None = None, **settings: Any) -> JudgeService:
    return JudgeService(engine, RUBRICS, JudgeSettings(**settings), cache or MemoryCache(1000, 1000))


def ask(candidate: str, reference: str = "effusion", **more: Any) -> JudgeAsk:
    return JudgeAsk("What is seen?", "", reference, candidate, **more)


def judged(judge: JudgeService, *asks: JudgeAsk, within_ms: float = 5000) -> Judged:
    return asyncio.run(judge.judge(asks, Deadline.after_ms(within_ms)))


def ruled(judge: JudgeService, rubric: str, *items: Mapping[str, str], explain: bool = False) -> Ruled:
    return asyncio.run(judge.rule(rubric, items, explain, Deadline.after_ms(5000)))


def values(done: Judged) -> Sequence[float | None]:
    return [outcome.value for outcome in done.outcomes]


# --- verdict -> reward --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "candidate", "value"), [(9, 9, 1.0), (9, 8, 1.0), (8, 9, 1.0), (9, 7, 0.0), (7, 9, 0.0), (10, 1, 0.0)]
)
def test_right_is_a_difference_below_two(reference: int, candidate: int, value: float) -> None:
    done = judged(service(FakeEngine(scores(reference, candidate))), ask("fluid"))
    assert values(done) == [value]
    explained = done.outcomes[0].explanation
    assert explained is not None
    assert explained["engine"] == "fake"
    assert list(explained["scores"].values()) == [reference, candidate]


def test_margin_says_how_far_the_border_is() -> None:
    (outcome,) = judged(service(FakeEngine(scores(9, 3))), ask("fluid")).outcomes
    assert outcome.explanation is not None
    assert outcome.explanation["margin"] == 4.0


def test_asks_are_answered_in_their_order() -> None:
    done = judged(service(FakeEngine()), ask("abcdefgh"), ask("abc"), ask("hgfedcba"))
    assert values(done) == [1.0, 0.0, 1.0]


# --- once ---------------------------------------------------------------------------------------------------


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


def test_failures_are_never_kept() -> None:
    engine = FakeEngine(EngineError("unavailable", "gone"))
    judge = service(engine)
    assert judged(judge, ask("abc")).outcomes[0].status == "unavailable"
    engine.answer = by_length
    assert values(judged(judge, ask("abc"))) == [0.0]


# --- the reason ---------------------------------------------------------------------------------------------


def test_reason_is_asked_for_only_when_wanted() -> None:
    engine = FakeEngine()
    judge = service(engine)
    (plain,) = judged(judge, ask("abc")).outcomes
    (explained,) = judged(judge, ask("abc", explain=True)).outcomes
    assert plain.explanation is not None
    assert explained.explanation is not None
    assert "reason" not in plain.explanation
    assert explained.explanation["reason"] == "by length"
    assert plain.value == explained.value
    assert [bool(prompt.stop) for prompt in engine.asked] == [True, False]


def test_a_verdict_with_its_reason_serves_those_who_want_none() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc", explain=True))
    (outcome,) = judged(judge, ask("abc")).outcomes
    assert len(engine.asked) == 1
    assert outcome.explanation is not None
    assert "reason" not in outcome.explanation


# --- short cuts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("candidate", "value"), [("Effusion.", 1.0), ("...", 0.0), (":", 0.0), ("\u200b!", 0.0)])
def test_plain_cases_need_no_judge_and_say_so(candidate: str, value: float) -> None:
    engine = FakeEngine()
    done = judged(service(engine), ask(candidate))
    assert values(done) == [value]
    assert "no judge was asked" in done.outcomes[0].detail
    assert engine.asked == []
    assert done.counts.short_cuts == 1


@pytest.mark.parametrize("blank", ["", "  ", "\u200b"])
def test_an_empty_answer_is_wrong_and_a_missing_one_invalid(blank: str) -> None:
    fields = {"question": "q", "reference": "abc"}
    done = ruled(service(FakeEngine()), "semantics", {**fields, "candidate": blank}, fields)
    assert [(ruling.status, ruling.value) for ruling in done.rulings] == [("ok", 0.0), ("invalid_input", None)]


def test_a_long_answer_is_cut_and_that_is_said() -> None:
    engine = FakeEngine(scores(9, 3))
    (outcome,) = judged(service(engine, candidate_chars=100), ask("long " * 1000)).outcomes
    assert "cut to its limit: candidate" in outcome.detail
    assert sum(len(message.content) for message in engine.asked[0].messages) < 4000


def test_texts_that_are_equal_only_where_they_were_cut_are_judged() -> None:
    engine = FakeEngine(scores(9, 3))
    done = judged(service(engine, candidate_chars=100), ask("a" * 100 + " left", reference="a" * 100 + " right"))
    assert len(engine.asked) == 1
    assert values(done) == [0.0]


def test_rubrics_that_compare_nothing_have_no_short_cut() -> None:
    engine = FakeEngine(Completion('{"verdict": "A",', "stop"))
    done = ruled(service(engine), "review", {"question": "q", "reference": "same", "candidate": "same"})
    assert len(engine.asked) == 1
    assert (done.rulings[0].choice, done.rulings[0].label) == ("A", "Correct")


# --- a reference that is scored low -------------------------------------------------------------------------


def test_a_low_reference_is_marked_and_counted() -> None:
    done = judged(service(FakeEngine(scores(2, 2))), ask("abc"))
    assert values(done) == [1.0]
    assert "scores the reference itself low" in done.outcomes[0].detail
    assert done.counts.low_references == 1


def test_a_low_reference_can_be_left_unscored() -> None:
    judge = service(FakeEngine(scores(2, 2)), low_reference={"below": 5, "action": "unscored"})
    (outcome,) = judged(judge, ask("abc")).outcomes
    assert (outcome.status, outcome.value) == ("unparseable_verdict", None)
    assert "scores the reference itself low" in outcome.detail


def test_a_reference_at_the_limit_is_not_low() -> None:
    done = judged(service(FakeEngine(scores(5, 5))), ask("abc"))
    assert done.counts.low_references == 0


# --- both orders --------------------------------------------------------------------------------------------


def _first_is_better(prompt: Prompt) -> Completion:
    """Prefers whatever stands first by three points: the bias that asking in both orders takes out."""
    return scores(9, 6)


def test_both_orders_take_out_a_preference_for_the_first() -> None:
    assert values(judged(service(FakeEngine(_first_is_better)), ask("abc"))) == [0.0]
    engine = FakeEngine(_first_is_better)
    done = judged(service(engine, swap="always"), ask("abc"))
    assert values(done) == [1.0]
    assert [prompt.swapped for prompt in engine.asked] == [False, True]
    assert (done.counts.swapped, done.counts.engine_calls) == (1, 2)
    explained = done.outcomes[0].explanation
    assert explained is not None
    assert list(explained["scores"].values()) == [7.5, 7.5]


@pytest.mark.parametrize(("pair", "calls"), [((9, 9), 1), ((9, 8), 2), ((9, 7), 2), ((9, 6), 2), ((9, 5), 1)])
def test_near_the_border_alone_asks_again(pair: tuple[int, int], calls: int) -> None:
    engine = FakeEngine(lambda prompt: scores(*(reversed(pair) if prompt.swapped else pair)))
    judged(service(engine, swap="border", border=1.0), ask("abc"))
    assert len(engine.asked) == calls


# --- expected scores ----------------------------------------------------------------------------------------


def _with_logprobs(prompt: Prompt) -> Completion:
    """9 and 7 as written, but the second is nearly an 8: apart by 2 in integers, by less in expectation."""
    import math

    pieces = ['{"', "assistant", "1", '":', " ", "9", ",", ' "', "assistant", "2", '":', " ", "7", ","]
    tops = {5: {"9": 0.9, "8": 0.1}, 12: {"7": 0.51, "8": 0.49}}
    tokens = []
    for index, piece in enumerate(pieces):
        top = tops.get(index, {piece: 1.0})
        tokens.append(Token(piece, math.log(top[piece]), [(text, math.log(p)) for text, p in top.items()]))
    return Completion("".join(pieces), "stop", tokens=tokens)


def test_expected_scores_come_from_the_log_probabilities() -> None:
    assert values(judged(service(FakeEngine(_with_logprobs)), ask("abc"))) == [0.0]
    engine = FakeEngine(_with_logprobs)
    (outcome,) = judged(service(engine, scoring="expected"), ask("abc")).outcomes
    assert engine.asked[0].top_logprobs > 0
    assert outcome.value == 1.0
    assert outcome.explanation is not None
    assert list(outcome.explanation["scores"].values()) == pytest.approx([8.9, 7.49])
    assert outcome.explanation["margin"] == pytest.approx(0.59)


def test_expected_scores_without_log_probabilities_are_no_verdict() -> None:
    (outcome,) = judged(service(FakeEngine(scores(9, 9)), scoring="expected"), ask("abc")).outcomes
    assert (outcome.status, outcome.value) == ("unparseable_verdict", None)


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10 10",
        '{"assistant1": 11, "assistant2": 3',
        '{"assistant1": 9',
        '{"assistant1": 10, "assistant2": 1',
        'Sure! {"assistant1": 9, "assistant2": 9}',
        '{"assistant1": 9, "assistant2": 9} {"assistant1": 1, "assistant2": 9}',
    ],
)
def test_an_off_menu_verdict_is_unscored(text: str) -> None:
    (outcome,) = judged(service(FakeEngine(Completion(text, "stop"))), ask("abc")).outcomes
    assert (outcome.status, outcome.value) == ("unparseable_verdict", None)


@pytest.mark.parametrize("status", ["timeout", "overloaded", "unavailable"])
def test_what_the_engine_cannot_do_keeps_its_status(status: Any) -> None:
    (outcome,) = judged(service(FakeEngine(EngineError(status, "because"))), ask("abc")).outcomes
    assert (outcome.status, outcome.value, outcome.detail) == (status, None, "because")


def test_a_defect_of_the_engine_is_unavailable_and_no_other_ask_suffers() -> None:
    def answer(prompt: Prompt) -> Any:
        return ZeroDivisionError() if prompt.fields["candidate"] == "bad" else by_length(prompt)

    done = judged(service(FakeEngine(answer)), ask("bad"), ask("abcdefgh"))
    assert [(outcome.status, outcome.value) for outcome in done.outcomes] == [("unavailable", None), ("ok", 1.0)]
    assert done.counts.failed == 1


def test_a_retryable_failure_is_asked_again_once() -> None:
    failures = [EngineError("unavailable", "replica died", retryable=True, retry_after_s=0.0)]
    engine = FakeEngine(lambda prompt: failures.pop() if failures else by_length(prompt))
    done = judged(service(engine), ask("abc"))
    assert values(done) == [0.0]
    assert (done.counts.engine_calls, done.counts.retries) == (2, 1)


def test_judgements_of_a_lost_engine_wait_until_it_is_back_and_are_asked_again() -> None:
    lost = {f"n{number}" for number in range(20)}

    def answer(prompt: Prompt) -> Any:
        candidate = prompt.fields["candidate"]
        if candidate in lost:
            lost.discard(candidate)
            return EngineError("unavailable", "replica died", retryable=True)
        return by_length(prompt)

    engine = FakeEngine(answer)
    engine.down_for = 3
    done = judged(service(engine), *(ask(f"n{number}") for number in range(20)))
    assert values(done) == [0.0] * 20
    assert (done.counts.engine_calls, done.counts.retries) == (40, 20)
    assert engine.polled == 4  # one wait for all of them


def test_an_engine_that_stays_away_is_a_timeout_that_says_so() -> None:
    engine = FakeEngine(EngineError("unavailable", "replica died", retryable=True))
    engine.down_for = 1_000_000
    (outcome,) = judged(service(engine), ask("abc"), within_ms=300).outcomes
    assert (outcome.status, outcome.value) == ("timeout", None)
    assert "replica died" in outcome.detail


def test_retries_are_bounded() -> None:
    engine = FakeEngine(EngineError("unavailable", "replica died", retryable=True, retry_after_s=0.0))
    done = judged(service(engine, retries=1), ask("abc"))
    assert done.outcomes[0].status == "unavailable"
    assert len(engine.asked) == 2


@pytest.mark.parametrize("answer", [EngineError("unavailable", "no such model"), Completion("nonsense", "stop")])
def test_what_cannot_get_better_is_not_asked_again(answer: Any) -> None:
    engine = FakeEngine(answer)
    judged(service(engine, retries=3), ask("abc"))
    assert len(engine.asked) == 1


def test_a_stuck_engine_does_not_hold_the_others_past_the_deadline() -> None:
    async def stuck(prompt: Prompt) -> Completion:
        if prompt.fields["candidate"] == "stuck":
            await asyncio.sleep(60)
        return by_length(prompt)

    engine = FakeEngine(stuck)
    started = time.monotonic()
    done = judged(service(engine), ask("stuck"), ask("abcdefgh"), within_ms=200)
    assert time.monotonic() - started < 30  # not the minute that the engine would take
    assert [(outcome.status, outcome.value) for outcome in done.outcomes] == [("timeout", None), ("ok", 1.0)]
    assert engine.cancelled == 1
    assert engine.inside == 0


def test_a_deadline_that_has_passed_is_a_timeout_at_once() -> None:
    done = judged(service(FakeEngine()), ask("abc"), within_ms=0)
    assert done.outcomes[0].status == "timeout"


def test_cancelling_a_request_cancels_its_work_in_the_engine() -> None:
    both_inside = asyncio.Event()

    async def stuck(prompt: Prompt) -> Completion:
        if engine.inside == 2:
            both_inside.set()
        await asyncio.sleep(60)
        return by_length(prompt)

    engine = FakeEngine(stuck)
    judge = service(engine)

    async def run() -> None:
        request = asyncio.ensure_future(judge.judge([ask("a"), ask("b")], Deadline.after_ms(50_000)))
        await both_inside.wait()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await asyncio.sleep(0)
        assert (engine.cancelled, engine.inside) == (2, 0)
        assert judge.load() == (0, 0)

    asyncio.run(run())


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


# --- limits -------------------------------------------------------------------------------------------------


def test_concurrency_is_that_of_the_service_not_of_a_request() -> None:
    engine = FakeEngine()
    judge = service(engine, max_concurrency=3)

    async def run() -> list[Judged]:
        batches = [[ask(f"{batch} {index}") for index in range(10)] for batch in range(4)]
        return await asyncio.gather(*(judge.judge(batch, Deadline.after_ms(5000)) for batch in batches))

    done = asyncio.run(run())
    assert engine.most_inside == 3
    assert sum(one.counts.engine_calls for one in done) == 40


def test_beyond_the_queue_judgements_are_overloaded_and_the_rest_are_served() -> None:
    done = judged(service(FakeEngine(), max_concurrency=1, max_queued=2), *(ask(f"n{i}") for i in range(10)))
    statuses = [outcome.status for outcome in done.outcomes]
    assert (statuses.count("ok"), statuses.count("overloaded")) == (3, 7)
    assert done.counts.failed == 7


def test_equal_judgements_do_not_fill_the_queue() -> None:
    done = judged(service(FakeEngine(), max_concurrency=1, max_queued=0), *[ask("same")] * 10)
    assert {outcome.status for outcome in done.outcomes} == {"ok"}


# --- rubrics ------------------------------------------------------------------------------------------------


def test_unknown_rubric_is_not_found() -> None:
    with pytest.raises(RequestError) as refused:
        ruled(service(FakeEngine()), "nonsense", {})
    assert refused.value.code is ErrorCode.NOT_FOUND
    assert "semantics" in refused.value.message


def test_unknown_field_is_named() -> None:
    with pytest.raises(RequestError) as refused:
        ruled(service(FakeEngine()), "semantics", {"question": "q", "answer": "a"})
    assert refused.value.code is ErrorCode.INVALID
    assert refused.value.fields[0].path == "items[0].fields.answer"


def test_missing_field_is_invalid_input_of_that_item_alone() -> None:
    good = {"question": "q", "reference": "abc", "candidate": "xyz"}
    done = ruled(service(FakeEngine()), "semantics", {"question": "q", "candidate": "x"}, good)
    assert [ruling.status for ruling in done.rulings] == ["invalid_input", "ok"]
    assert "reference" in done.rulings[0].detail


def test_stages_gives_its_four_scores() -> None:
    text = '{"localization": 4, "visual_analysis": 3, "knowledge": 5, "reasoning": 2,'
    rubric = RUBRICS["stages"]
    fields = dict.fromkeys(rubric.fields, "text")
    (ruling,) = ruled(service(FakeEngine(Completion(text, "stop"))), "stages", fields).rulings
    assert list(ruling.scores.values()) == [4, 3, 5, 2]
    assert ruling.value is None


def test_semantics_rubric_must_compare_two_answers() -> None:
    with pytest.raises(ValueError, match=r"judge\.semantics_rubric"):
        service(FakeEngine(), semantics_rubric="review")


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


def test_closing_gives_back_the_engine() -> None:
    engine = FakeEngine()
    asyncio.run(service(engine).close())
    assert engine.closed


def test_engine_is_started_once_before_the_first_judgement() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc"))
    judged(judge, ask("abc"))
    assert engine.started == 1


def test_an_engine_that_was_upgraded_never_serves_an_old_verdict() -> None:
    engine = FakeEngine()
    judge = service(engine)
    judged(judge, ask("abc"))
    asyncio.run(judge.refresh())
    judged(judge, ask("abc"))
    assert len(engine.asked) == 2
    assert judge.fingerprint()["engine_version"] == "2"


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


def test_an_engine_that_does_not_tell_what_it_is_holds_nobody_past_the_deadline() -> None:
    engine = FakeEngine()
    told = asyncio.Event()
    engine.starting = told.wait
    judge = service(engine)

    async def run() -> None:
        (late,) = (await judge.judge([ask("abc")], Deadline.after_ms(50))).outcomes
        assert (late.status, late.value) == ("timeout", None)
        told.set()
        (outcome,) = (await judge.judge([ask("abc")], Deadline.after_ms(5000))).outcomes
        assert outcome.status == "ok"

    asyncio.run(run())
    assert engine.started == 1  # whoever stopped waiting did not stop it


def test_limits_hold_for_the_judge_without_cache_too() -> None:
    engine = FakeEngine()
    judge = service(engine, max_concurrency=2)
    other = judge.without_cache()

    async def run() -> None:
        batches = [[ask(f"{number} {index}") for index in range(10)] for number in range(2)]
        await asyncio.gather(
            *(one.judge(batch, Deadline.after_ms(5000)) for one, batch in zip((judge, other), batches, strict=True))
        )
        await other.judge(batches[1], Deadline.after_ms(5000))

    asyncio.run(run())
    assert engine.most_inside == 2
    assert len(engine.asked) == 30


def test_an_engine_that_wants_to_be_left_alone_for_long_is_overloaded_at_once() -> None:
    engine = FakeEngine(EngineError("overloaded", "later", retryable=True, retry_after_s=100.0))
    done = judged(service(engine, call_timeout_s=60.0), ask("abc"))
    assert done.outcomes[0].status == "overloaded"
    assert len(engine.asked) == 1


@pytest.mark.parametrize(("second", "value"), [(5.0, 0.0), (5.0000001, 1.0)])
def test_a_mean_that_is_not_exact_does_not_cross_the_border(second: float, value: float) -> None:
    rubric = RUBRICS["semantics"]
    # 0.7 + 6.3, which is 6.999999999999999
    found = {"assistant1": 10 * 0.07 + 10 * 0.63, "assistant2": second}
    ruling = rule(rubric, Verdict({}, None, None, {}), found, JudgeSettings(low_reference={"below": 1}))
    assert ruling.value == value
