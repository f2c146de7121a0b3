"""What each rollout must come to: the pipeline in this process, undisturbed, before anything is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from medreward.assembly import build_judge, build_pipeline, build_scorer
from medreward.config import Settings
from medreward.contract import types as t
from medreward.judge.settings import Cache
from medreward.judge.types import Completion, EngineError, Prompt
from medreward.scorer.service import ScorerService
from medreward.scoring.deadline import Deadline
from medreward.scoring.pipeline import Pipeline

EXACT, SCORED = 1e-9, 1e-4
"""how far a value may be from the oracle's: of rules and verdicts, and of the scorer, whose batches differ"""
_DEADLINE_MS = 600_000
_SCORER = "consistency"


class Variant(NamedTuple):
    """The results by one judge and one scorer."""

    judge: Mapping[str, str]
    scorer: Mapping[str, str]
    results: Mapping[int, t.Result]
    services: Mapping[int, Mapping[str, Sequence[str]]]
    """rollout -> service -> components that have no value without it"""


class Oracle:
    """The results of an undisturbed service, or of several, where a scenario changes what scores."""

    def __init__(self, *variants: Variant) -> None:
        self.variants = variants

    def __or__(self, other: Oracle) -> Oracle:
        """What holds while one service turns into another."""
        return Oracle(*self.variants, *other.variants)

    def joined(self, other: Oracle) -> Oracle:
        """The same service's results of more rollouts.

        Raises:
            ValueError: it is not the same service.
        """
        (mine,), (more,) = self.variants, other.variants
        if (mine.judge, mine.scorer) != (more.judge, more.scorer):
            raise ValueError("these are results of two services")
        return Oracle(
            mine._replace(results={**mine.results, **more.results}, services={**mine.services, **more.services})
        )

    def senseless(self, number: int) -> bool:
        """Whether nobody can score it."""
        return self.variants[0].results[number].reward is None

    def needs(self, number: int, service: str) -> Sequence[str]:
        """Components that have no value without ``service``."""
        return self.variants[0].services[number].get(service, ())

    def rules(self, number: int) -> Sequence[str]:
        """Components that have a value and need neither service, in this rollout or any other.

        Where a verdict needs no engine, as of the reference's own words, the judge's process is asked all the same.
        """
        variant = self.variants[0]
        served = {name for services in variant.services.values() for names in services.values() for name in names}
        components = variant.results[number].components
        return [name for name, one in components.items() if one.value is not None and name not in served]

    def invented(self, number: int, result: t.Result, fingerprint: t.Fingerprint | None) -> str:
        """Why a value of ``result`` cannot be what an undisturbed service gives; empty when all of them can."""
        if result.id != str(number):
            return f"it is the result of {result.id!r}"
        judge, scorer = (fingerprint.judge, fingerprint.scorer) if fingerprint else ({}, {})
        why = f"no service has this fingerprint: judge {judge}, scorer {scorer}"
        for variant in self.variants:
            # a reply may not know who would have judged; then no value may depend on it, which the needs tell
            if judge not in ({}, variant.judge) or scorer not in ({}, variant.scorer):
                continue
            why = _differs(result, variant.results[number])
            unknown = [name for name, said in (("judge", judge), ("scorer", scorer)) if not said]
            for name in (name for service in unknown for name in variant.services[number].get(service, ())):
                if not why and _value(result, name) is not None:
                    why = f"{name} has a value, and the reply does not say by whom"
            if not why:
                return ""
        return why


def _differs(result: t.Result, right: t.Result) -> str:
    if set(result.components) != set(right.components):
        return f"components {sorted(result.components)} instead of {sorted(right.components)}"
    for name, component in result.components.items():
        if (component.value is not None) != (component.status == "ok"):
            return f"{name} is {component.status} with value {component.value}"
        if component.value is None:
            continue
        expected = right.components[name].value
        if expected is None or not abs(component.value - expected) <= (SCORED if name == _SCORER else EXACT):
            return f"{name} is {component.value} instead of {expected}"
    if result.reward is None:
        return ""
    absent = [n for n, c in result.components.items() if c.value is None and c.weight and c.applies_to is None]
    if absent:
        return f"there is a reward without {', '.join(absent)}"
    tolerance = SCORED if _SCORER in result.components else EXACT
    if right.reward is None or not abs(result.reward - right.reward) <= tolerance:
        return f"the reward is {result.reward} instead of {right.reward}"
    return ""


def _value(result: t.Result, name: str) -> float | None:
    component = result.components.get(name)
    return None if component is None else component.value


async def undisturbed(settings: Settings, rollouts: Mapping[int, t.Rollout], recipe_of: Callable[[int], str]) -> Oracle:
    """The oracle of the service that these settings describe.

    Raises:
        RuntimeError: something that should have been scored was not, so that there is nothing to compare with.
    """
    judge, scorer = build_judge(settings.judge), build_scorer(settings.scorer)
    assert judge is not None
    try:
        await judge.start()
        if scorer is not None:
            await scorer.start()
        results, judged_by, scored_by = await _results(
            build_pipeline(settings, judge=judge, scorer=scorer), rollouts, recipe_of
        )
    finally:
        await judge.close()
        if isinstance(scorer, ScorerService):
            await scorer.close()
    idle = build_judge(settings.judge.model_copy(update={"cache": Cache(kind="none")}), _NoEngine())
    bare, _, _ = await _results(build_pipeline(settings, judge=idle), rollouts, recipe_of)
    services: dict[int, dict[str, list[str]]] = {}
    for number, result in results.items():
        without = [n for n, c in bare[number].components.items() if c.status == "unavailable"]
        services[number] = {
            "judge": [name for name in without if name != _SCORER],
            "scorer": [name for name in without if name == _SCORER],
        }
        if bad := [f"{n}: {c.detail}" for n, c in result.components.items() if c.status not in ("ok", "invalid_input")]:
            raise RuntimeError(f"the oracle has no result for rollout {number}: {bad}")
    return Oracle(Variant(judged_by, scored_by, results, services))


async def _results(
    pipeline: Pipeline, rollouts: Mapping[int, t.Rollout], recipe_of: Callable[[int], str]
) -> tuple[dict[int, t.Result], Mapping[str, str], Mapping[str, str]]:
    found: dict[int, t.Result] = {}
    judge: Mapping[str, str] = {}
    scorer: Mapping[str, str] = {}
    for recipe in sorted({recipe_of(number) for number in rollouts}):
        numbers = [number for number in rollouts if recipe_of(number) == recipe]
        request = t.ScoreRequest(recipe, deadline_ms=_DEADLINE_MS, rollouts=[rollouts[number] for number in numbers])
        reply = await pipeline.score(request)
        found.update(zip(numbers, reply.results, strict=True))
        judge, scorer = reply.fingerprint.judge, reply.fingerprint.scorer
    return found, judge, scorer


class _NoEngine:
    """An engine that is never there: what the judge gives all the same needs none."""

    async def start(self) -> None:
        """Nothing to learn."""

    async def refresh(self) -> None:
        """Nothing that changes."""

    async def ready(self) -> None:
        """Never."""
        raise EngineError("unavailable", "there is none")

    def identity(self) -> Mapping[str, str]:
        return {"engine": "none", "model": "", "revision": "", "engine_version": "", "sampling": ""}

    async def complete(self, prompt: Prompt, deadline: Deadline) -> Completion:
        raise EngineError("unavailable", "there is none")

    async def close(self) -> None:
        """Nothing to give back."""
