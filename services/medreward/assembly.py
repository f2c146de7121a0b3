"""Settings -> a pipeline: the one place where the parts are put together."""

from __future__ import annotations

from medreward.config import Settings
from medreward.judge import Judge
from medreward.scorer import Scorer
from medreward.scoring.pipeline import Pipeline
from medreward.scoring.recipes import load_recipes
from medreward.scoring.registry import load_rewards


def build_pipeline(settings: Settings, *, judge: Judge | None = None, scorer: Scorer | None = None) -> Pipeline:
    """The pipeline that these settings describe.

    Raises:
        RegistryError: a user's reward cannot be registered.
        RecipeError: a recipe file cannot be read or makes no sense.
    """
    rewards = load_rewards()
    return Pipeline(
        load_recipes(rewards, settings.recipe_files),
        rewards,
        judge=judge,
        scorer=scorer,
        default_deadline_ms=settings.limits.default_deadline_ms,
    )
