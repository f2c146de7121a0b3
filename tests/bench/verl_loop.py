"""verl's own reward loop as a way of asking: its naive reward manager over a reward function that asks one by one.

The manager is verl's; its tokenizer here turns bytes into text, since what a tokenizer costs is not what is compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from medreward.contract import Result, Rollout

Ask = Callable[[Rollout], Awaitable[Result]]


class _Bytes:
    def decode(self, ids: Any, skip_special_tokens: bool) -> str:
        return bytes(ids.tolist()).decode()


@contextlib.asynccontextmanager
async def through_verl(ask: Ask) -> AsyncIterator[Ask]:
    """The manager around a way of asking: what a verl run does with a reward function that asks so."""
    import numpy as np
    import torch
    from omegaconf import OmegaConf
    from verl import DataProto
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager

    found: dict[str, Result] = {}

    async def compute_score(
        data_source: str, solution_str: str, ground_truth: Rollout, extra_info: dict[str, Any]
    ) -> dict[str, float | None]:
        if solution_str != ground_truth.response:
            raise RuntimeError("verl handed over another text")
        result = found[ground_truth.id] = await ask(ground_truth)
        return {"score": result.reward}

    manager = NaiveRewardManager(OmegaConf.create({}), _Bytes(), compute_score)

    def row(rollout: Rollout) -> Any:
        ids = torch.tensor([list((rollout.response or "").encode())])
        return DataProto.from_dict(
            tensors={"responses": ids, "attention_mask": torch.ones_like(ids)},
            non_tensors={
                "data_source": np.array(["bench"], dtype=object),
                "reward_model": _objects([{"ground_truth": rollout}]),
                "extra_info": _objects([{}]),
            },
        )

    def _objects(items: Sequence[Any]) -> Any:
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array

    async def one(rollout: Rollout) -> Result:
        await manager.run_single(row(rollout))
        return found.pop(rollout.id)

    yield one
