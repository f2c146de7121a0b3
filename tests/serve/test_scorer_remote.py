"""The ingress's side of the way to the scorer: parts of a batch, lost replicas, and one checkpoint a batch."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError

from medreward.config import ConfigError
from medreward.contract.errors import ServiceError
from medreward.rewards.types import scored, unscored
from medreward.scorer import ScorerAsk, Scores
from medreward.scorer.settings import ScorerSettings
from medreward.scoring.deadline import Deadline
from medreward.serve import remote
from medreward.serve.scorer import RemoteScorer, ScorerReplica, changed
from tests.tiny_scorer import ask, build

Reply = Callable[[Sequence[ScorerAsk]], Any]


class FakeHandle:
    """Stands for a deployment's handle: each call is answered by the next of the replies, the last again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.calls: list[int] = []
        """asks of each"""
        self.score = self

    async def remote(self, asks: Sequence[ScorerAsk], seconds: float, carried: object) -> Any:
        self.calls.append(len(asks))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(asks)


def by(checkpoint: str) -> Reply:
    return lambda asks: Scores([scored(0.5, one.stages[0][1]) for one in asks], {"checkpoint": checkpoint})


def fails(error: Exception) -> Reply:
    def reply(asks: Sequence[ScorerAsk]) -> Any:
        raise error

    return reply


def score(handle: FakeHandle, count: int, replicas: int = 2) -> Scores:
    asks = [ask(number) for number in range(count)]
    scores = asyncio.run(RemoteScorer(handle, replicas).score(asks, Deadline.after_ms(60_000)))  # type: ignore[arg-type]
    for one, outcome in zip(asks, scores.outcomes, strict=True):
        assert outcome.value is None or outcome.detail == one.stages[0][1], "out of step"
    return scores


def test_the_ingress_loads_no_model_libraries() -> None:
    heavy = ("torch", "transformers", "peft")
    code = f"import sys, medreward.serve.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def test_a_large_batch_goes_to_several_replicas_in_order() -> None:
    handle = FakeHandle(by("a"))
    assert len(score(handle, 600).outcomes) == 600
    assert handle.calls == [256, 256, 88]


def test_with_one_replica_a_batch_is_one_call() -> None:
    handle = FakeHandle(by("a"))
    score(handle, 600, replicas=1)
    assert handle.calls == [600]


def test_parts_of_two_checkpoints_are_asked_again_of_one_replica() -> None:
    handle = FakeHandle(by("a"), by("b"), by("a"), by("b"))
    scores = score(handle, 600)
    assert handle.calls == [256, 256, 88, 600]
    assert scores.fingerprint == {"checkpoint": "b"}
    assert [outcome.status for outcome in scores.outcomes] == ["ok"] * 600


def test_a_part_that_fails_has_its_status_and_the_others_their_values() -> None:
    handle = FakeHandle(by("a"), fails(BackPressureError(1, 1)), by("a"))
    statuses = [outcome.status for outcome in score(handle, 600).outcomes]
    assert statuses == ["ok"] * 256 + ["overloaded"] * 256 + ["ok"] * 88


def test_a_part_that_raises_takes_no_other_with_it() -> None:
    handle = FakeHandle(by("a"), fails(RayTaskError("score", "", ValueError("x"))), by("a"))
    outcomes = score(handle, 600).outcomes
    assert [outcome.status for outcome in outcomes] == ["ok"] * 256 + ["unavailable"] * 256 + ["ok"] * 88


def test_a_part_that_never_answers_takes_no_other_with_it() -> None:
    class Hanging(FakeHandle):
        def remote(self, asks: Sequence[ScorerAsk], seconds: float, carried: object) -> Any:
            if len(self.calls) != 1:
                return super().remote(asks, seconds, carried)
            self.calls.append(len(asks))
            return asyncio.get_running_loop().create_future()

    asks = [ask(number) for number in range(600)]

    async def test() -> Scores:
        deadline = Deadline.after_ms(500)
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + deadline.remaining()):
            return await RemoteScorer(Hanging(by("a")), 2).score(asks, deadline)  # type: ignore[arg-type]

    statuses = [outcome.status for outcome in asyncio.run(test()).outcomes]
    assert statuses == ["ok"] * 256 + ["timeout"] * 256 + ["ok"] * 88


def test_when_one_checkpoint_cannot_be_had_for_all_what_the_first_says_stands() -> None:
    handle = FakeHandle(by("a"), by("b"), by("a"), fails(BackPressureError(1, 1)))
    scores = score(handle, 600)
    assert handle.calls == [256, 256, 88, 600]
    assert scores.fingerprint == {"checkpoint": "a"}
    assert [outcome.status for outcome in scores.outcomes] == ["ok"] * 256 + ["overloaded"] * 256 + ["ok"] * 88


def test_no_asks_get_no_outcomes() -> None:
    assert score(FakeHandle(by("a")), 0).outcomes == []


def test_when_every_part_fails_the_error_is_told() -> None:
    with pytest.raises(ServiceError) as raised:
        score(FakeHandle(fails(BackPressureError(1, 1))), 600)
    assert raised.value.status == "overloaded"


def test_a_replica_that_is_lost_is_asked_again() -> None:
    handle = FakeHandle(fails(RayActorError()), by("a"))
    assert score(handle, 3).outcomes[0].status == "ok"
    assert handle.calls == [3, 3]


def test_replicas_that_stay_lost_are_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_ATTEMPTS", 2)
    with pytest.raises(ServiceError) as raised:
        score(FakeHandle(fails(RayActorError())), 3)
    assert raised.value.status == "unavailable"


def test_outcomes_without_a_value_pass_as_they_are() -> None:
    late = unscored("timeout", "late")
    handle = FakeHandle(lambda asks: Scores([late] * len(asks), {"checkpoint": "a"}))
    assert score(handle, 2).outcomes == [late, late]


def test_user_config_changes_the_checkpoint_and_nothing_else() -> None:
    settings = ScorerSettings(checkpoint="one", max_waiting=7)
    now = changed(settings, {"checkpoint": "two", "sha256": "ab"})
    assert (now.checkpoint, now.sha256, now.max_waiting) == ("two", "ab", 7)
    for wrong in ({"replicas": 2}, {"sha256": "not a hash"}, {"checkpoint": 3}):
        with pytest.raises(ConfigError, match="user_config of Scorer"):
            changed(settings, wrong)


def test_the_last_user_config_is_the_one_whose_problem_is_told(tmp_path: Path) -> None:
    async def test() -> tuple[str, str]:
        replica = ScorerReplica({"scorer": {"checkpoint": str(build(tmp_path / "one"))}})
        await replica.reconfigure({})
        # still loading when the next one comes, which is at once seen to make no sense
        await replica.reconfigure({"checkpoint": str(build(tmp_path / "two", seed=1))})
        await replica.reconfigure({"replicas": 2})
        await asyncio.gather(*replica._swaps)
        status = await replica.status()
        return status.fingerprint["name"], status.problem

    name, problem = asyncio.run(test())
    assert name == "tiny-1"
    assert "user_config of Scorer: replicas" in problem
