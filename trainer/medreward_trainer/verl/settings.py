"""The section ``medreward:`` of a run's configuration, and what it asks of verl's own keys.

Everything is checked at once and before Ray starts; a message names every key at fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from medreward.section import Section
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.verl.errors import ConfigError

TRAINER: Final = "medreward"
"""``trainer.v1.trainer_mode``"""
MEDSAGE: Final = "medsage"
"""name of the agent loop with the retry"""
PLAIN: Final = "medreward"
"""name of the agent loop with one turn"""


class Retry(Section):
    """MEDSAGE's self-check-guided retry; the budgets are tokens of one response."""

    answer: str = Field("semantics", min_length=1)
    """the component of the recipe that says whether the first answer is right; asked in the middle of the rollout"""
    attempt_tokens: int = Field(1024, ge=1)
    """most tokens of each of the two attempts (the paper's generation length)"""
    check_tokens: int = Field(384, ge=1)
    """most tokens of the self-check"""
    self_check_prompt: Path | None = None
    """text file that asks for the self-check; absent: the one shipped"""
    retry_prompt: Path | None = None
    """text file that asks for the second attempt; absent: the one shipped"""


class Outage(Section):
    """What happens when rewards stay away."""

    unscored_share: float = Field(0.5, ge=0, lt=1)
    """most of a batch that may lack a reward; with more, the whole batch is thrown away and made anew"""
    rounds: int = Field(3, ge=1, le=100)
    """times that a step's batch is made anew at most, with the service ready each time"""
    wait_limit_s: float = Field(1800.0, gt=0, le=7 * 86_400)
    """seconds that the run waits for the service at a time, before it saves a checkpoint and stops"""
    first_wait_s: float = Field(1.0, gt=0, le=600)
    """seconds before the service is asked again whether it is ready, doubled each time"""
    longest_wait_s: float = Field(60.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _waits(self) -> Self:
        if self.first_wait_s > self.longest_wait_s:
            raise ValueError("first_wait_s is longer than longest_wait_s")
        return self


class Settings(Section):
    """``medreward:``."""

    client: ClientSettings
    """the reward service: its addresses, the recipe, the deadline"""
    alpha: float = Field(0.20, ge=0, le=10)
    """advantage of the self-check tokens of a retry that turned a wrong answer into a right one (MEDSAGE)"""
    explain: bool = False
    """ask the service for the judge's reasons too, for the rollout dump; costs the judge about ten times the tokens"""
    freeze_vision: bool = False
    """train the language model only: everything under ``visual``, the projector too, keeps its weights bit for bit"""
    retry: Retry = Retry()
    outage: Outage = Outage()


def settings_of(config: Mapping[str, Any]) -> Settings:
    """The section of a whole configuration, given as plain containers.

    Raises:
        ConfigError: naming each key.
    """
    given = config.get("medreward")
    if not isinstance(given, Mapping):
        raise ConfigError("medreward: this section is required, with at least client.urls and client.recipe")
    client = given.get("client")
    if isinstance(client, Mapping) and client.get("api_key") is not None:
        raise ConfigError("medreward.client.api_key: verl prints the configuration; set MEDREWARD_API_KEY instead")
    try:
        return Settings.model_validate(dict(given))
    except ValidationError as error:
        raise ConfigError("; ".join(_told(one) for one in error.errors(include_input=False))) from None


def checked(config: Mapping[str, Any]) -> Settings:
    """The section, once everything that a run needs of verl's keys holds too.

    Raises:
        ConfigError: naming each key.
    """
    settings = settings_of(config)
    problems = [
        problem for check in (_required, _asked, _of_freezing, _of_budget) for problem in check(config, settings)
    ]
    if problems:
        raise ConfigError("; ".join(problems))
    return settings


def at(config: Mapping[str, Any], path: str) -> Any:
    """The value of a dotted key; None where there is none."""
    found: Any = config
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def _told(error: Any) -> str:
    where = ".".join(str(part) for part in ("medreward", *error["loc"]))
    message = "is not a key" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{where}: {message}"


def _required(config: Mapping[str, Any], _: Settings) -> Iterator[str]:
    for path in ("actor_rollout_ref.model.path", "data.train_files", "data.val_files"):
        value = at(config, path)
        if value in (None, "", "???", []):
            yield f"{path}: is required"
            continue
        for name in value if isinstance(value, list) else [value]:
            local = path.startswith("data.") and "://" not in str(name)
            if local and not Path(str(name)).expanduser().is_file():
                yield f"{path}: {name} is no file"


_ASKED: Final[tuple[tuple[str, tuple[Any, ...], str], ...]] = (
    ("trainer.use_v1", (True,), "the trainer is one of verl's V1"),
    ("trainer.v1.trainer_mode", (TRAINER,), "another trainer would train on what has no reward"),
    ("algorithm.adv_estimator", ("grpo",), "the advantages are group-relative"),
    ("algorithm.use_kl_in_reward", (False, None), "use actor_rollout_ref.actor.use_kl_loss"),
    ("algorithm.filter_groups.enable", (False, None), "it would read rewards that are absent"),
    ("trainer.v1.sampler.sync_refill_failed_groups", (False, None), "medreward.outage decides what is made anew"),
    ("reward.reward_model.enable", (False, None), "rewards come from the service"),
    ("actor_rollout_ref.rollout.enable_rollout_routing_replay", (False, None), "the retry does not carry it"),
    (
        "actor_rollout_ref.actor.freeze_vision_tower",
        (False, None),
        "does nothing in verl 0.9; use medreward.freeze_vision",
    ),
)


def _asked(config: Mapping[str, Any], _: Settings) -> Iterator[str]:
    for path, allowed, why in _ASKED:
        value = at(config, path)
        if value not in allowed:
            yield f"{path}: is {value}, must be {allowed[0]}: {why}"
    n = at(config, "actor_rollout_ref.rollout.n")
    if not isinstance(n, int) or n < 2:
        yield f"actor_rollout_ref.rollout.n: is {n}, must be 2 or more: a reward is compared with its group's"


def _of_freezing(config: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    path = "actor_rollout_ref.actor.strategy"
    if settings.freeze_vision and at(config, path) != "fsdp2":
        yield f"{path}: is {at(config, path)}, must be fsdp2 with medreward.freeze_vision: others mix frozen weights in"


def _of_budget(config: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    if at(config, "actor_rollout_ref.rollout.agent.default_agent_loop") != MEDSAGE:
        return
    length, retry = at(config, "data.max_response_length"), settings.retry
    needed = 2 * retry.attempt_tokens + retry.check_tokens
    if not isinstance(length, int) or length <= needed:
        yield (
            f"data.max_response_length: is {length}, must be more than {needed}: two attempts and a self-check "
            f"(medreward.retry), and the prompts between them"
        )
