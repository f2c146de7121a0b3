"""What the results amount to."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from medreward.cli.types import RecipeInfo, SeenResult
from medreward.contract.types import STATUSES


class Values:
    """Mean and range of numbers that are not kept."""

    def __init__(self) -> None:
        """Of none yet."""
        self.count = 0
        self._sum = 0.0
        self._least = float("inf")
        self._most = float("-inf")

    def add(self, value: float) -> None:
        """Counts one in."""
        self.count += 1
        self._sum += value
        self._least = min(self._least, value)
        self._most = max(self._most, value)

    def shown(self) -> tuple[str, str, str]:
        """Mean, least and most; dashes when there are none."""
        if not self.count:
            return "-", "-", "-"
        return f"{self._sum / self.count:.4f}", f"{self._least:.4f}", f"{self._most:.4f}"


class Reason(NamedTuple):
    """Why a rollout has no reward: the first component that counts and is absent."""

    component: str
    status: str


class Tally:
    """Results, counted."""

    def __init__(self, recipe: RecipeInfo) -> None:
        """Of none yet."""
        self.recipe = recipe
        self.rollouts = 0
        self.reward = Values()
        self.values = {name: Values() for name in recipe.components}
        self.absent: dict[str, Counter[str]] = {name: Counter() for name in recipe.components}
        self.reasons: Counter[Reason] = Counter()
        self.examples: dict[Reason, str] = {}
        """the first detail that came with a reason"""
        self.skipped: Counter[str] = Counter()
        self.judge: Counter[str] = Counter()
        """what the judge did for results that were made now, as ``contract.types.JudgeCounts``"""

    def add(self, result: SeenResult) -> None:
        """Counts one in."""
        self.rollouts += 1
        for name, component in result.components.items():
            if component.value is not None:
                self.values[name].add(component.value)
            else:
                self.absent[name][component.status] += 1
        if result.reward is not None:
            self.reward.add(result.reward)
            return
        for name, component in result.components.items():
            if component.counts and component.value is None:
                reason = Reason(name, component.status)
                self.reasons[reason] += 1
                self.examples.setdefault(reason, component.detail)
                return
        self.reasons[Reason("", "nothing to sum")] += 1

    def add_judge(self, counts: dict[str, int] | None) -> None:
        """Counts in what the judge did for a batch; None when it was not asked."""
        self.judge.update(counts or {})


class Time(NamedTuple):
    """How long the scoring took."""

    rollouts: int
    """scored now, without those that a resumed file held already"""
    seconds: float


def print_summary(console: Console, tally: Tally, time: Time) -> None:
    """The numbers of a run."""
    console.print(_totals(tally, time))
    console.print(_components(tally))
    if (reason := absence(tally)) is not None:
        console.print(reason, soft_wrap=True)


def absence(tally: Tally) -> str | None:
    """How many rollouts have no reward, and the commonest reason; None when all have one."""
    missing = tally.rollouts - tally.reward.count
    if not missing:
        return None
    (reason, count), *_ = tally.reasons.most_common(1)
    if not reason.component:
        why = "no component of the recipe counts towards the reward"
    else:
        why = f"{reason.component} {reason.status} ({tally.examples[reason]})"
    return f"{missing} of {tally.rollouts} rollouts have no reward; the commonest reason, of {count}: {why}"


def _totals(tally: Tally, time: Time) -> Table:
    table = Table.grid(padding=(0, 2))
    kept = tally.rollouts - time.rollouts
    by_status = Counter[str]()
    for reason, count in tally.reasons.items():
        by_status[reason.status] += count
    mean, least, most = tally.reward.shown()
    table.add_row("rollouts", str(tally.rollouts), f"{kept} of them were in --out already" if kept else "")
    table.add_row("scored", str(tally.reward.count), f"reward: mean {mean}, min {least}, max {most}")
    table.add_row("absent", str(tally.rollouts - tally.reward.count), _listed(by_status))
    if tally.skipped:
        table.add_row("skipped", str(tally.skipped.total()), _listed(tally.skipped))
    if asked := tally.judge["asked"]:
        table.add_row("judge", str(asked), _judge(tally.judge))
    rate = time.rollouts / time.seconds if time.seconds else 0.0
    table.add_row("time", f"{time.seconds:.2f} s", f"{rate:.0f} rollouts/s")
    return table


def _judge(counts: Counter[str]) -> str:
    """What came of the judgements wanted, and what it took."""
    ways = {name: counts[name] for name in ("engine_calls", "short_cuts", "cache_hits", "coalesced", "failed")}
    said = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in ways.items() if count)
    if counts["prompt_tokens"]:
        cached = f" ({counts['cached_tokens']} cached)" if counts["cached_tokens"] else ""
        said += f"; tokens: prompt {counts['prompt_tokens']}{cached}, completion {counts['completion_tokens']}"
    return said


def _components(tally: Tally) -> Table:
    seen = {status for counts in tally.absent.values() for status in counts}
    statuses = [status for status in STATUSES if status in seen] + sorted(seen.difference(STATUSES))
    table = Table("component", "ok", *statuses, "mean", "min", "max")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, values in tally.values.items():
        absent = tally.absent[name]
        table.add_row(name, str(values.count), *(str(absent[status]) for status in statuses), *values.shown())
    return table


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counts.most_common())
