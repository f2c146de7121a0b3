"""Outcomes of a batch -> numbers for the run's logs.

The same keys in every step of a run, but for means of which there is nothing to take. A rollout without a reward is in
no mean of rewards; it is in the shares that say why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from medreward.contract import STATUSES
from medreward_trainer.verl.outcome import REFUSED, Outcome
from medreward_trainer.verl.segments import CHECK, FIRST, SECOND

ABSENT = tuple(status for status in STATUSES if status != "ok")


def of_outcomes(outcomes: Sequence[Outcome], groups: Sequence[str]) -> dict[str, float]:
    """Rewards, components, and the share absent by status, over all rollouts of a batch.

    Args:
        outcomes: of each rollout, the unscored too.
        groups: group of each.
    """
    rewards = [outcome.reward for outcome in outcomes if outcome.reward is not None]
    statuses = Counter(outcome.status for outcome in outcomes if not outcome.scored)
    scored_of = Counter(group for group, outcome in zip(groups, outcomes, strict=True) if outcome.scored)
    metrics = _mean("reward", rewards)
    metrics["rollouts/unscored"] = _share(statuses.total(), len(outcomes))
    for status in (*ABSENT, REFUSED):
        metrics[f"rollouts/unscored/{status}"] = _share(statuses[status], len(outcomes))
    metrics["groups/fewer_than_two_scored"] = _share(
        sum(scored_of[group] < 2 for group in set(groups)), len(set(groups))
    )
    return metrics | _of_components(outcomes) | _of_retries(outcomes)


def of_advantages(outcomes: Sequence[Outcome], advantages: Iterable[npt.NDArray[np.float64]]) -> dict[str, float]:
    """Where the advantage of a batch lies, in sums over tokens: on the self-checks, on the attempts, elsewhere.

    ``advantage/elsewhere`` is the sum of magnitudes on every other token, so 0 unless something is wrong.
    """
    checks, attempts, elsewhere, tokens = 0.0, 0.0, 0.0, 0
    for outcome, advantage in zip(outcomes, advantages, strict=True):
        tag = np.asarray(outcome.tags)
        final = tag == (SECOND if outcome.revised else FIRST)
        check = tag == CHECK
        checks += float(advantage[check].sum())
        attempts += float(np.abs(advantage[final]).sum())
        elsewhere += float(np.abs(advantage[~(check | final)]).sum())
        tokens += int(check.sum()) if outcome.credit == 1.0 else 0
    return {
        "advantage/self_check": checks,
        "advantage/self_check_tokens_credited": float(tokens),
        "advantage/attempts_magnitude": attempts,
        "advantage/elsewhere": elsewhere,
    }


def of_clients(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """What the workers' clients counted since the run began: counts added up, latencies and averages at their worst."""
    latest: dict[str, Mapping[str, float]] = {}
    for outcome in outcomes:
        known = latest.get(outcome.worker, {})
        if outcome.client and outcome.client.get("rollouts", 0.0) >= known.get("rollouts", 0.0):
            latest[outcome.worker] = outcome.client
    metrics: dict[str, float] = {}
    for counters in latest.values():
        for name, value in counters.items():
            key, before = f"client/{name}", metrics.get(f"client/{name}", 0.0)
            metrics[key] = max(before, value) if "/" in name and name.startswith("latency") else before + value
    metrics.pop("client/rollouts_per_request", None)
    if metrics.get("client/requests"):
        metrics["client/rollouts_per_request"] = metrics["client/rollouts"] / metrics["client/requests"]
    return metrics


def _of_components(outcomes: Sequence[Outcome]) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for name in sorted({name for outcome in outcomes for name in outcome.components}):
        found = [outcome.components[name] for outcome in outcomes if name in outcome.components]
        statuses = Counter(component.status for component in found)
        metrics |= _mean(f"reward/{name}", [one.value for one in found if one.value is not None])
        metrics[f"reward/{name}/absent"] = _share(len(found) - statuses["ok"], len(found))
        for status in ABSENT:
            metrics[f"reward/{name}/absent/{status}"] = _share(statuses[status], len(found))
    return metrics


def _of_retries(outcomes: Sequence[Outcome]) -> dict[str, float]:
    asked = [outcome for outcome in outcomes if outcome.first_right is not None]
    if not asked:
        return {}
    revised = [outcome for outcome in asked if outcome.revised]
    credits = [outcome.credit for outcome in revised if outcome.credit is not None]
    return {
        "retry/first_right": _share(sum(outcome.first_right is True for outcome in asked), len(asked)),
        "retry/revised": _share(len(revised), len(asked)),
        "retry/no_room": _share(sum(outcome.no_room for outcome in asked), len(asked)),
        "retry/credit_undecided": _share(len(revised) - len(credits), len(revised)),
        **_mean("retry/self_check_success", credits),
    }


def _mean(name: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{name}/mean": float(np.mean(values))} if values else {}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
