"""The scorer refuses at once what its forwards could not do in time, and only when others wait before it."""

from __future__ import annotations

import asyncio

import pytest

from medreward.contract.errors import Overbooked
from medreward.scorer.service import ScorerService
from medreward.scorer.settings import ScorerSettings
from medreward.scoring.settings import Admission
from tests.unit.scorer.fake_weights import FakeWeights
from tests.unit.scorer.test_service import run, score, until


def test_what_cannot_be_done_in_time_is_refused_and_the_rest_is_scored() -> None:
    # forwards of two trajectories, of which each is known to take 100 s
    weights = FakeWeights(budget=16)

    async def test() -> None:
        scorer = ScorerService(ScorerSettings(checkpoint="fake"), lambda wanted: weights, Admission())
        await score(scorer, 1)
        line = scorer._line
        assert line is not None
        line.pace.took(1e9)
        line.pace._seconds, line.pace._pieces = 100.0, 1.0
        assert scorer.wait_s() == 0.0
        weights.go.clear()
        first = asyncio.ensure_future(score(scorer, 1, 2, 3, 4, 5, 6, within_ms=10_000_000))
        await until(lambda: scorer._waiting() == 4)
        assert scorer.wait_s() == 600.0
        with pytest.raises(Overbooked) as caught:
            await score(scorer, 7, within_ms=650_000)
        assert caught.value.service == "scorer"
        assert 0 < caught.value.retry_after_s <= 100
        second = asyncio.ensure_future(score(scorer, 8, within_ms=750_000))
        await until(lambda: scorer._waiting() == 5)
        weights.go.set()
        done = await asyncio.gather(first, second)
        assert {outcome.status for scores in done for outcome in scores.outcomes} == {"ok"}
        assert 7.0 not in [logit for batch in weights.batches for logit in batch]

    run(test)


def test_with_nobody_before_it_even_what_is_too_much_is_begun() -> None:
    async def test() -> None:
        scorer = ScorerService(ScorerSettings(checkpoint="fake"), lambda wanted: FakeWeights(), Admission())
        await score(scorer, 1)
        assert scorer._line is not None
        scorer._line.pace._seconds, scorer._line.pace._pieces = 1e6, 1.0
        scores = await score(scorer, 1, 2, 3)
        assert [outcome.status for outcome in scores.outcomes] == ["ok"] * 3

    run(test)
