"""Another checkpoint takes over: no request is lost, and each is scored by the one that its reply names."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from medreward.scorer import Scores
from medreward.scorer.checkpoint import CheckpointError
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings
from tests.unit.scorer.fake_weights import FakeWeights, service
from tests.unit.scorer.test_service import run, score, until

OTHER = ScorerSettings(checkpoint="other")


def test_requests_under_way_end_on_the_old_checkpoint_and_new_ones_take_the_new() -> None:
    old, new = FakeWeights("old", budget=8), FakeWeights("new")
    new.then = lambda logits: [-logit for logit in logits]

    async def test() -> tuple[Scores, Scores]:
        scorer = service(old, new)
        old.go.clear()
        before = asyncio.ensure_future(score(scorer, 1, 2, 3))
        await until(old.first.is_set)
        await scorer.swap(OTHER)
        # the old one is in a forward still, with two that wait: new requests do not wait for it
        after = await score(scorer, 1, 2, 3)
        old.go.set()
        return await before, after

    before, after = run(test)
    assert [outcome.explanation["logit"] for outcome in before.outcomes] == [1.0, 2.0, 3.0]
    assert [outcome.explanation["logit"] for outcome in after.outcomes] == [-1.0, -2.0, -3.0]
    assert {outcome.detail for outcome in before.outcomes} == {"trajectory score of old"}
    assert (before.fingerprint["name"], after.fingerprint["name"]) == ("old", "new")


def test_under_load_each_request_is_scored_by_the_checkpoint_that_it_names() -> None:
    generations = [FakeWeights(str(number), budget=24, lanes=2) for number in range(4)]
    for number, weights in enumerate(generations):
        weights.then = lambda logits, number=number: [logit + 1000 * number for logit in logits]

    async def test() -> list[Scores]:
        scorer = service(*generations)
        await scorer.start()
        requests = []
        for number in range(4):
            for _ in range(25):
                requests.append(asyncio.ensure_future(score(scorer, *range(10))))
                await asyncio.sleep(0)
            if number < 3:
                await scorer.swap(OTHER)
        return await asyncio.gather(*requests)

    answers = run(test)
    assert len(answers) == 100
    for answer in answers:
        number = int(answer.fingerprint["name"])
        assert [outcome.explanation["logit"] for outcome in answer.outcomes] == [i + 1000 * number for i in range(10)]
    assert {answer.fingerprint["name"] for answer in answers} == {"0", "1", "2", "3"}


def test_a_broken_checkpoint_leaves_the_old_one_scoring_and_says_why() -> None:
    old, new = FakeWeights("old"), FakeWeights("new")
    broken = True

    def load(settings: ScorerSettings) -> FakeWeights:
        if settings.checkpoint == "fake":
            return old
        if broken:
            raise OSError("half of it is missing")
        return new

    async def test() -> None:
        nonlocal broken
        scorer = service()
        scorer._load = load
        await scorer.start()
        with pytest.raises(CheckpointError, match="half of it is missing"):
            await scorer.swap(OTHER)
        assert "half of it is missing" in scorer.problem
        assert (await score(scorer, 1)).fingerprint["name"] == "old"
        broken = False
        await scorer.swap(OTHER)
        assert scorer.problem == ""
        assert (await score(scorer, 1)).fingerprint["name"] == "new"

    run(test)


def test_the_old_checkpoint_is_let_go_of_when_its_last_request_is_done() -> None:
    """Two of them on a GPU for good would be memory that batches lack."""

    async def test() -> None:
        old = FakeWeights("old")
        made, kept = [FakeWeights("new"), old], weakref.ref(old)
        scorer = ScorerService(ScorerSettings(checkpoint="fake"), lambda wanted: made.pop())
        old.go.clear()
        before = asyncio.ensure_future(score(scorer, 1))
        await until(old.first.is_set)
        await scorer.swap(OTHER)
        old.go.set()
        assert (await before).fingerprint["name"] == "old"
        del old, before
        await until(lambda: gc.collect() >= 0 and kept() is None)
        assert (await score(scorer, 1)).fingerprint["name"] == "new"

    run(test)


def test_forwards_that_failed_before_a_swap_are_no_ill_health_after_it() -> None:
    old, new = FakeWeights("old", budget=8), FakeWeights("new")
    old.then = lambda logits: 1 / 0

    async def test() -> None:
        scorer = service(old, new)
        await score(scorer, 1, 2, 3)
        with pytest.raises(RuntimeError, match="forwards failed"):
            scorer.check()
        await scorer.swap(OTHER)
        scorer.check()

    run(test)
