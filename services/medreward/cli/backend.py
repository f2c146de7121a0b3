"""What scores: this process, or a server. The commands know only :class:`Backend`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from medreward import __version__
from medreward.cli.client import Client, judge_of
from medreward.cli.errors import Unusable
from medreward.cli.types import ComponentInfo, RecipeInfo, Reply, Scored, Service, decode_result
from medreward.config import Settings, load_settings
from medreward.contract import codec
from medreward.contract.errors import RequestError
from medreward.contract.types import ScoreRequest

if TYPE_CHECKING:
    from medreward.scoring.recipes import Recipe


class Backend(Protocol):
    """Scores batches."""

    async def service(self) -> Service:
        """Its version, limits and judge."""
        ...

    async def recipes(self) -> dict[str, RecipeInfo]:
        """By name."""
        ...

    async def score(self, request: ScoreRequest) -> Reply:
        """The results, in the order of the rollouts.

        Raises:
            CliError: nothing of the batch was scored.
        """
        ...


class InProcess:
    """The pipeline itself: no server, no copies, one core."""

    def __init__(self, settings: Settings) -> None:
        """Loads recipes, rewards and rubrics.

        Raises:
            Unusable: one of them makes no sense.
            ConfigError: the judge that the settings name runs in a cluster only.
        """
        # here, not above: it takes scipy with it, which neither --help nor a client of a server should wait for
        from medreward.assembly import build_judge, build_pipeline, build_scorer
        from medreward.judge.rubrics import RubricError
        from medreward.scoring.recipes import RecipeError
        from medreward.scoring.registry import RegistryError

        try:
            self._judge = build_judge(settings.judge)
            self._scorer = build_scorer(settings.scorer)
            self._pipeline = build_pipeline(settings, judge=self._judge, scorer=self._scorer)
        except (RecipeError, RegistryError, RubricError) as error:
            raise Unusable(str(error)) from None
        self._limits = settings.limits.for_codec()

    async def close(self) -> None:
        """Gives back the judge's connections and the scorer's threads."""
        if self._judge is not None:
            await self._judge.close()
        if self._scorer is not None:
            await self._scorer.close()

    async def service(self) -> Service:
        """Its version, limits and judge."""
        return Service(__version__, self._limits, judge_of(self._pipeline.services()["judge"]))

    async def recipes(self) -> dict[str, RecipeInfo]:
        """By name."""
        return {name: _info(recipe) for name, recipe in self._pipeline.recipes.items()}

    async def score(self, request: ScoreRequest) -> Reply:
        """The results, in the order of the rollouts. Raises as :class:`Backend`."""
        try:
            response = await self._pipeline.score(request)
        except RequestError as error:
            raise Unusable(error.message) from None
        if self._scorer is not None and self._scorer.problem:
            # it was asked for the first time, and cannot score: nothing but other settings will change that
            raise Unusable(self._scorer.problem)
        lines = [codec.encode(result) for result in response.results]
        made, timing = response.fingerprint, response.timing_ms
        counts = timing.judge_counts
        return Reply(
            [Scored(line, decode_result(line)) for line in lines],
            made.version,
            made.recipe_hash,
            {} if self._judge is None else made.judge or None,
            None if counts is None else msgspec.to_builtins(counts),
            made.scorer or None if timing.scorer is not None else None,
        )


def check_settings(settings: Settings) -> None:
    """Reads recipes, rewards, rubrics and checkpoint; the engine of the judge is not spoken to, no weights are loaded.

    Raises:
        Unusable: one of them makes no sense.
        ConfigError: the rubric of the semantics reward is none, or there is no scorer as the settings want one.
    """
    from medreward.assembly import check
    from medreward.judge.rubrics import RubricError
    from medreward.scoring.recipes import RecipeError
    from medreward.scoring.registry import RegistryError

    try:
        check(settings)
    except (RecipeError, RegistryError, RubricError) as error:
        raise Unusable(str(error)) from None


def _info(recipe: Recipe) -> RecipeInfo:
    components = {
        part.name: ComponentInfo(
            weight=part.weight,
            reward=recipe.spec.components[part.name].reward or part.name,
            applies_to=part.reward.applies_to,
        )
        for part in recipe.parts
    }
    return RecipeInfo(recipe.name, components, recipe.hash, recipe.spec.summary, recipe.spec.gates)


@asynccontextmanager
async def open_backend(url: str | None, config: Path | None, in_flight: int = 1) -> AsyncIterator[Backend]:
    """The server at ``url``, or else this process with the settings in ``config``.

    Raises:
        Unusable: the URL, the recipes or the rewards make no sense, or both a server and settings are named.
        ConfigError: the settings make none.
    """
    if url is None:
        backend = InProcess(load_settings(config))
        try:
            yield backend
        finally:
            await backend.close()
        return
    if config is not None:
        raise Unusable("--config: the server at --url has settings of its own; give one of the two")
    async with Client(url, connections=in_flight) as client:
        yield client


def find_recipe(recipes: dict[str, RecipeInfo], name: str) -> RecipeInfo:
    """The recipe of that name.

    Raises:
        Unusable: there is none; the message names those there are.
    """
    if name not in recipes:
        raise Unusable(f"--recipe: there is no recipe {name!r}, there are {', '.join(sorted(recipes))}")
    return recipes[name]
