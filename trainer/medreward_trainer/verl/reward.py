"""``compute_score`` for verl's reward loop: any verl user, any trainer of verl's.

    reward.custom_reward_function.path=pkg://medreward_trainer.verl.reward
    +reward.custom_reward_function.reward_kwargs.endpoint=http://rewards:8000
    +reward.custom_reward_function.reward_kwargs.recipe=gemex

``reward_model.ground_truth`` of the data must be one of ours (``medreward-train data``).

**When there is no reward** within the deadline, :class:`~medreward_trainer.verl.errors.Unscored` is raised. verl 0.9's
V1 trainer then drops this sample: its group goes on with the others, and the mean and deviation are theirs. It trains
on nothing that was invented. Two things it cannot do, which ``medreward-train grpo`` can:

- of a group with one sample left, verl's GRPO takes the bare reward as its advantage;
- when no sample of a batch is scored, it stops (or, with ``trainer.v1.sampler.sync_refill_failed_groups``, goes on
  drawing new prompts for as long as the service is away).

No other answer would be honest: None makes verl fail in the middle of a batch, NaN makes the whole batch NaN, and a 0
is a wrong answer's reward.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from medreward_trainer.client import ClientSettings, client_of
from medreward_trainer.truth import decode, sampled
from medreward_trainer.verl.errors import ConfigError, Unscored
from medreward_trainer.verl.outcome import flat, outcome_of


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    *,
    endpoint: str = "",
    recipe: str = "",
    urls: tuple[str, ...] = (),
    reward_router_address: str | None = None,
    reward_model_tokenizer: Any = None,
    **settings: Any,
) -> dict[str, float | str | None]:
    """The reward of one response, and its components.

    Args:
        data_source: not used: the ground truth says all.
        solution_str: the policy's output as text.
        ground_truth: JSON as ``medreward-train data`` writes it.
        extra_info: not used.
        endpoint: address of the service, e.g. http://rewards:8000 or grpc://rewards:9000.
        recipe: name of the recipe.
        urls: several addresses of the service, in place of ``endpoint``.
        reward_router_address: verl's own; not used.
        reward_model_tokenizer: verl's own; not used.
        settings: any other field of :class:`~medreward_trainer.client.ClientSettings`, e.g. ``deadline_s``.

    Returns:
        The same keys in every reply of a recipe: ``score``, and of each component NAME ``medreward/NAME`` (None where
        absent), ``medreward/NAME/absent`` (0 or 1) and ``medreward/NAME/status``.

    Raises:
        Unscored: there is no reward within the deadline.
        RequestRefused: the service does not take the request.
        TruthError: the ground truth is none of ours.
        ConfigError: a setting is wrong; it names it.
    """
    del data_source, extra_info, reward_router_address, reward_model_tokenizer
    client = client_of(_settings(tuple(urls) or (endpoint,), recipe, tuple(sorted(settings.items()))))
    id = uuid4().hex
    scored = await client.score(sampled(decode(ground_truth), id, id, solution_str))
    outcome = outcome_of(scored)
    if outcome.reward is None:
        raise Unscored(f"{outcome.status}: {outcome.reason}")
    return flat(outcome.components, outcome.reward)


@lru_cache(maxsize=8)
def _settings(urls: tuple[str, ...], recipe: str, more: tuple[tuple[str, Any], ...]) -> ClientSettings:
    try:
        return ClientSettings.model_validate({**dict(more), "urls": list(urls), "recipe": recipe})
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]
        raise ConfigError(f"reward_kwargs: {'; '.join(told)}") from None
