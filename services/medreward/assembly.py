"""Settings -> a pipeline: the one place where the parts are put together."""

from __future__ import annotations

from medreward.config import ConfigError, Settings
from medreward.judge import Judge
from medreward.judge.cache import open_cache
from medreward.judge.choice import semantics_rubric
from medreward.judge.desk import Desk
from medreward.judge.rubrics import load_rubrics
from medreward.judge.service import JudgeService
from medreward.judge.settings import JudgeSettings
from medreward.judge.types import Engine, Keeper
from medreward.observability.audit.opening import check_audit
from medreward.scorer import Scorer
from medreward.scorer.checkpoint import CheckpointError, open_checkpoint
from medreward.scorer.service import NOT_INSTALLED, ScorerService, installed
from medreward.scorer.settings import ScorerSettings
from medreward.scoring.pipeline import Pipeline
from medreward.scoring.recipes import load_recipes
from medreward.scoring.registry import load_rewards
from medreward.scoring.settings import Admission


def build_pipeline(settings: Settings, *, judge: Judge | None = None, scorer: Scorer | None = None) -> Pipeline:
    """The pipeline that these settings describe, over the judge and the scorer given.

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
        admission=settings.admission,
    )


def build_judge(
    settings: JudgeSettings,
    engine: Engine | None = None,
    keeper: Keeper | None = None,
    admission: Admission | None = None,
) -> JudgeService | None:
    """The judge that these settings describe, in this process; None when they want none. Call it in an event loop.

    Args:
        settings: section ``judge``.
        engine: the one to use; without it, the one that the settings name.
        keeper: who keeps what the engine writes.
        admission: section ``admission``; without it all may wait.

    Raises:
        RubricError: a rubric cannot be read or makes no sense.
        ConfigError: the engine lives in a cluster only, or the semantics rubric is none.
    """
    if settings.engine == "none":
        return None
    rubrics = load_rubrics(settings.rubric_dirs)
    try:
        return JudgeService(
            engine or _engine(settings),
            rubrics,
            settings,
            open_cache(settings.cache),
            keeper=keeper,
            admission=admission,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None


def build_scorer(settings: ScorerSettings) -> ScorerService | None:
    """The scorer that these settings describe, in this process; None when they want none.

    Its checkpoint is loaded when it is started, or first asked; what is wrong with it is told then.
    """
    return None if settings.checkpoint == "none" else ScorerService(settings)


def check_scorer(settings: ScorerSettings) -> None:
    """Looks whether the scorer that these settings want can be had, without loading it.

    Raises:
        ConfigError: what it needs is not installed, or its checkpoint is not whole.
    """
    if settings.checkpoint == "none":
        return
    if not installed():
        raise ConfigError(NOT_INSTALLED)
    try:
        open_checkpoint(settings.checkpoint)
    except CheckpointError as error:
        raise ConfigError(f"scorer.checkpoint: {error}") from None


def build_desk(settings: Settings, judge: Judge | None) -> Desk:
    """Where rubrics are asked for, over the judge given.

    Raises:
        RubricError: a rubric cannot be read or makes no sense.
    """
    return Desk(load_rubrics(settings.judge.rubric_dirs), judge, settings.limits.default_deadline_ms)


def check(settings: Settings) -> None:
    """Reads recipes, rewards, rubrics and checkpoint, as every replica will: what makes no sense is told at once.

    Raises:
        RegistryError, RecipeError, RubricError, ConfigError: as the builders.
    """
    build_pipeline(settings)
    rubrics = load_rubrics(settings.judge.rubric_dirs)
    try:
        semantics_rubric(rubrics, settings.judge)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    check_scorer(settings.scorer)
    check_audit(settings.audit)


def _engine(settings: JudgeSettings) -> Engine:
    if settings.engine == "embedded":
        from medreward.judge.embedded import EmbeddedEngine

        return EmbeddedEngine()
    if settings.engine == "openai":
        from medreward.judge.engines.openai import OpenAIEngine

        return OpenAIEngine(settings.openai, settings.max_concurrency)
    raise ConfigError(f"judge.engine: {settings.engine} runs in a cluster only: ask one that serves, with --url")
