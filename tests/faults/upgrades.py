"""What is served changes while it is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from medreward.config import Settings
from medreward.contract import types as t
from tests.faults import deploying
from tests.faults.load import Load
from tests.faults.oracle import SCORED, undisturbed
from tests.faults.probe import recovered
from tests.faults.rollouts import recipe_of
from tests.faults.stage import Scenario, Seen, Stage
from tests.tiny_scorer import build

_LIMIT_S = 120.0
_POLL_S = 0.1


async def rolling(stage: Stage) -> Seen:
    """Another config, with another setting of the judge, replaces every replica."""
    # so wide that many verdicts are others, and one by the wrong judge is seen
    judge = stage.settings.judge.model_copy(update={"within": 6.0})
    after = stage.settings.model_copy(update={"judge": judge})
    user_config = {"checkpoint": stage.settings.scorer.checkpoint}
    return await _changed(stage, after, user_config, lambda seen: seen.judge.get("within") == "6")


async def swap(stage: Stage) -> Seen:
    """Another checkpoint of the scorer, without a restart."""
    checkpoint = str(build(stage.directory / "second", seed=2))
    scorer = stage.settings.scorer.model_copy(update={"checkpoint": checkpoint})
    after = stage.settings.model_copy(update={"scorer": scorer})
    return await _changed(stage, after, {"checkpoint": checkpoint}, lambda seen: seen.scorer.get("name") == "tiny-2")


async def _changed(
    stage: Stage, after: Settings, user_config: dict[str, str], new: Callable[[t.Fingerprint], bool]
) -> Seen:
    expected = stage.oracle | await undisturbed(after, stage.rollouts, recipe_of)
    was, will_be = (variant.results for variant in expected.variants)
    others = sum(_differ(was[number], will_be[number]) for number in stage.rollouts)
    assert others, "the change would not be seen: every reward stays what it was"
    # a swap is one of the ``user_config`` alone; what else it names stays as it is deployed
    args = stage.settings if after.judge == stage.settings.judge else after
    async with stage.load() as load:
        await load.reach(stage.burst // 4)
        begun = time.monotonic()
        running = deploying.of(stage.cluster)
        await asyncio.to_thread(running.deploy, deploying.args_of(args, stage.directory), user_config)
        await _only(load, new)
        took_s = time.monotonic() - begun
        recovery_s = await recovered(stage.cluster.url, time.monotonic(), _LIMIT_S)
        await load.reach(load.answered + stage.burst // 8)
        # as it was, for whoever comes next
        before = {"checkpoint": stage.settings.scorer.checkpoint}
        await asyncio.to_thread(running.deploy, deploying.args_of(stage.settings, stage.directory), before)
        await _only(load, lambda seen: not new(seen))
    return Seen(load, recovery_s, oracle=expected, notes={"took_s": round(took_s, 1), "other_rewards": others})


def _differ(one: t.Result, other: t.Result) -> bool:
    """Whether a reward of the one could not be taken for that of the other."""
    return one.reward is not None and other.reward is not None and abs(one.reward - other.reward) > 2 * SCORED


async def _only(load: Load, new: Callable[[t.Fingerprint], bool]) -> None:
    """Waits until the last hundred answers are all by what ``new`` accepts; raises TimeoutError."""
    until = time.monotonic() + _LIMIT_S
    while True:
        done = sorted((one for one in load.ends if one.at is not None), key=lambda one: one.at or 0.0)
        last = [one.fingerprint for one in done[-100:]]
        # only these ask judge and scorer both; another reply names whom it knew last
        relevant = [one for one in last if one is not None and one.recipe == "medsage"]
        if relevant and all(new(one) for one in relevant):
            return
        if time.monotonic() > until:
            raise TimeoutError("the change did not come about")
        await asyncio.sleep(_POLL_S)


SCENARIOS = (
    Scenario("upgrade", "deployed", "every replica is replaced by one with other settings, and back", rolling),
    Scenario("swap", "deployed", "the scorer's checkpoint is swapped, and back", swap),
)
