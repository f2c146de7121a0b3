"""verl's synchronous trainer with our advantage, and without what has no reward.

Where it differs from verl's ``PPOTrainerSync``, in the order of a step:

1. the service is ready before prompts are handed out (``outage``);
2. a batch without enough rewards is made anew (``outage``), and never stepped on;
3. a rollout without a reward leaves the batch before anything is computed on it. verl fills the batch up with rows of
   mask 0, as it does for a rollout that failed. So an unscored rollout counts in no advantage, no policy loss, no KL,
   no entropy, no token mean and none of verl's metrics of rewards and lengths; it is in our shares and in the dump;
4. advantages are those of ``advantage``; what verl computes beside them (importance weights) stays;
5. metrics of components, retries and credit; the dump says of each rollout why it got its advantage.

Of a revised rollout the first attempt keeps mask 1 with advantage 0: it does not move the policy by its outcome, but it
is the policy's own text, so KL, entropy and the token mean count it, as in the paper, where only the advantage is zero.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transfer_queue as tq
from omegaconf import OmegaConf
from tensordict import TensorDict
from transfer_queue import KVBatchMeta
from verl.trainer.ppo.v1.trainer_base import register_trainer
from verl.trainer.ppo.v1.trainer_sync import PPOTrainerSync
from verl.utils import tensordict_utils as tu

from medreward_trainer.client import Readiness, RewardClient
from medreward_trainer.verl import metrics as of
from medreward_trainer.verl import outage
from medreward_trainer.verl.admission import Admission
from medreward_trainer.verl.advantage import group_advantages, token_advantages
from medreward_trainer.verl.dump import breakdown
from medreward_trainer.verl.errors import Refused, ServiceGone
from medreward_trainer.verl.logs import show_logs
from medreward_trainer.verl.outcome import Outcome, unpacked
from medreward_trainer.verl.settings import MEDSAGE, PLAIN, TRAINER, settings_of

logger = logging.getLogger(__name__)


@register_trainer(TRAINER)
class MedrewardTrainer(PPOTrainerSync):  # type: ignore[misc]
    """Registered as ``trainer.v1.trainer_mode=medreward``."""

    # verl's own code asks for "sync" by name; the name that we are registered under is none of its business
    trainer_mode = property(lambda self: "sync", lambda self, _: None)

    def __init__(self, config: Any) -> None:
        self.medreward = settings_of(OmegaConf.to_container(config, resolve=True))
        self.global_steps: int = 0
        self._submitted: Any = None
        self._loader: dict[str, Any] | None = None
        self._left_out: list[dict[str, Any]] = []
        self._service = f"the reward service at {', '.join(self.medreward.client.urls)}"
        super().__init__(config)

    def fit(self, agent_loop_manager: Any) -> None:
        """Trains; validation takes one turn a question, since a retry knows the reference's verdict."""
        show_logs()
        super().fit(_OneTurnInValidation(agent_loop_manager))

    def _build_replay_buffer(self) -> Admission:
        return Admission(super()._build_replay_buffer(), self._admit)

    # --- 1 and 2: the service is there, and the batch has rewards ---

    def prepare_step(self) -> dict[str, float]:
        """Waits for the service and hands out the step's prompts."""
        self._loader = self.train_dataloader.state_dict()
        waited = self._wait()
        return {**super().prepare_step(), "outage/waited_before_step_s": waited}

    def _submit_batch_to_rollout(self, batch: Any) -> int:
        self._submitted = batch
        count: int = super()._submit_batch_to_rollout(batch)
        return count

    def _admit(self, batch: KVBatchMeta, draw: Callable[[], KVBatchMeta]) -> tuple[KVBatchMeta, dict[str, float]]:
        settings, waited = self.medreward.outage, 0.0
        for lost in range(settings.rounds + 1):
            outcomes = self._outcomes(batch)
            try:
                if outage.verdict_on(outcomes, settings) == "train":
                    more = {"outage/batches_made_anew": float(lost), "outage/waited_s": waited}
                    return self._scored(batch, outcomes, more)
            except Refused as error:
                raise Refused(f"the reward service refuses what the run sends: {error}{self._saved()}") from None
            logger.warning("step %d is not trained on: %s", self.global_steps, outage.told(outcomes))
            if lost == settings.rounds:
                break
            tq.kv_clear(keys=batch.keys, partition_id=batch.partition_id)
            waited += self._wait()
            logger.warning("step %d is made anew from the same prompts", self.global_steps)
            super()._submit_batch_to_rollout(self._submitted)
            batch = draw()
        raise ServiceGone(
            f"step {self.global_steps} was made {settings.rounds + 1} times, and still "
            f"{outage.told(outcomes)}{self._saved()}"
        )

    def _wait(self) -> float:
        try:
            return outage.wait_until_ready(self._probe, self.medreward.outage, self._service)
        except ServiceGone as error:
            raise ServiceGone(f"{error}{self._saved()}") from None

    async def _probe(self, limit_s: float) -> Readiness:
        async with RewardClient(self.medreward.client) as client:
            return await client.wait_until_ready(limit_s)

    def _saved(self) -> str:
        """Saves the state after the last whole step; where, in words."""
        step = self.global_steps - 1
        folder = Path(self.config.trainer.default_local_dir) / f"global_step_{step}"
        if not (folder / "data.pt").exists():
            self.on_sample_end()  # the rollout engine gives its memory back first, as before any other checkpoint
            self.global_steps = step
            try:
                self._save_checkpoint()
            finally:
                self.global_steps = step + 1
            if self._loader is not None:
                # the prompts of the step that was not taken are to come again
                torch.save(self._loader, folder / "data.pt")
        self._shutdown_dump_executor()
        return f"; the checkpoint is {folder}: the same command goes on from there (trainer.resume_mode=auto)"

    # --- 3: what has no reward leaves the batch ---

    def _outcomes(self, batch: KVBatchMeta) -> list[Outcome]:
        found = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=["extra_fields"])
        return [unpacked(extra) for extra in found.pop("extra_fields").tolist()]

    def _scored(
        self, batch: KVBatchMeta, outcomes: list[Outcome], more: dict[str, float]
    ) -> tuple[KVBatchMeta, dict[str, float]]:
        groups = [_group(key) for key in batch.keys]
        metrics = {**of.of_outcomes(outcomes, groups), **of.of_clients(outcomes), **more}
        without = [key for key, outcome in zip(batch.keys, outcomes, strict=True) if not outcome.scored]
        self._left_out = []
        if without:
            missing = [outcome for outcome in outcomes if not outcome.scored]
            logger.warning("step %d goes on without them: %s", self.global_steps, outage.told(outcomes))
            self._left_out = self._lines(without, batch.partition_id, missing, None)
            tq.kv_clear(keys=without, partition_id=batch.partition_id)
        kept = [index for index, outcome in enumerate(outcomes) if outcome.scored]
        scored = KVBatchMeta(
            partition_id=batch.partition_id,
            keys=[batch.keys[index] for index in kept],
            tags=[batch.tags[index] for index in kept],
            extra_info=batch.extra_info,
        )
        return scored, metrics

    # --- 4: advantages ---

    def _compute_advantage(self, batch: KVBatchMeta, metrics: dict[str, Any]) -> KVBatchMeta:
        batch = super()._compute_advantage(batch, metrics)
        found = tq.kv_batch_get(
            keys=batch.keys, partition_id=batch.partition_id, select_fields=["response_mask", "extra_fields"]
        )
        masks = [mask.tolist() for mask in found["response_mask"].unbind()]
        outcomes = [unpacked(extra) for extra in found.pop("extra_fields").tolist()]
        real = [not tag.get("is_padding", False) for tag in batch.tags]
        advantages = group_advantages(
            [_group(key) for key in batch.keys],
            [outcome.reward if is_real else None for outcome, is_real in zip(outcomes, real, strict=True)],
            by_std=self.config.algorithm.get("norm_adv_by_std_in_grpo", True),
        )
        tokens = [
            token_advantages(
                outcome.tags,
                mask,
                advantage,
                revised=outcome.revised,
                alpha=self.medreward.alpha,
                credit=outcome.credit,
            )
            if is_real
            else np.zeros(len(mask))
            for outcome, mask, advantage, is_real in zip(outcomes, masks, advantages, real, strict=True)
        ]
        nested = torch.nested.as_nested_tensor(
            [torch.from_numpy(one).to(torch.float32) for one in tokens], layout=torch.jagged
        )
        fields = TensorDict({"advantages": nested, "returns": nested}, batch_size=len(batch))
        chosen = [index for index, is_real in enumerate(real) if is_real]
        metrics.update(of.of_advantages([outcomes[i] for i in chosen], [tokens[i] for i in chosen]))
        return tq.kv_batch_put(keys=batch.keys, partition_id=batch.partition_id, fields=fields)

    # --- 5: dumps, and validation ---

    def _log_rollout_data(self, batch: KVBatchMeta, timing_raw: dict[str, Any], rollout_data_dir: str) -> None:
        real = [key for key, tag in zip(batch.keys, batch.tags, strict=True) if not tag.get("is_padding", False)]
        found = tq.kv_batch_get(
            keys=real, partition_id=batch.partition_id, select_fields=["advantages", "extra_fields"]
        )
        outcomes = [unpacked(extra) for extra in found.pop("extra_fields").tolist()]
        advantages = [one.to(torch.float64).numpy() for one in found["advantages"].unbind()]
        lines = self._lines(real, batch.partition_id, outcomes, advantages) + self._left_out
        lines.sort(key=lambda line: line["uid"])
        column = {name: [line[name] for line in lines] for name in lines[0]}
        self._dump_generations(
            inputs=column["input"],
            outputs=column["output"],
            gts=column["gts"],
            scores=column["score"],
            reward_extra_infos_dict={name: column[name] for name in ("uid", "group", "medreward")},
            dump_path=rollout_data_dir,
        )

    def _lines(
        self, keys: list[str], partition_id: str, outcomes: list[Outcome], advantages: list[Any] | None
    ) -> list[dict[str, Any]]:
        fields = ["prompts", "responses", "reward_model"]
        found = tq.kv_batch_get(keys=keys, partition_id=partition_id, select_fields=fields)
        truths = [model.get("ground_truth") for model in found.pop("reward_model").tolist()]
        prompts, responses = (
            [self.tokenizer.decode(ids, skip_special_tokens=True) for ids in found[name].unbind()]
            for name in ("prompts", "responses")
        )
        return [
            {
                "uid": key,
                "group": _group(key),
                "input": prompts[index],
                "output": responses[index],
                "gts": truths[index],
                "score": outcomes[index].reward,
                "medreward": breakdown(outcomes[index], None if advantages is None else advantages[index]),
            }
            for index, key in enumerate(keys)
        ]

    def _val_metrics_update(
        self, data_sources: Any, sample_uids: Any, infos: dict[str, list[Any]], sample_turns: Any, **more: Any
    ) -> dict[str, float]:
        # verl took these from the token scores, where what is absent is NaN; None it leaves out of every mean
        infos["reward"] = _absent(infos["reward"])
        found: dict[str, float] = super()._val_metrics_update(data_sources, sample_uids, infos, sample_turns, **more)
        absent = sum(reward is None for reward in infos["reward"])
        return {**found, "val-aux/unscored": absent / len(infos["reward"]) if infos["reward"] else 0.0}

    def _dump_generations(
        self, *, scores: list[Any], reward_extra_infos_dict: dict[str, list[Any]], **more: Any
    ) -> None:
        infos = dict(reward_extra_infos_dict)
        if "reward" in infos:
            infos["reward"] = _absent(infos["reward"])
        super()._dump_generations(scores=_absent(scores), reward_extra_infos_dict=infos, **more)


class _OneTurnInValidation:
    """verl's manager of agent loops, but a validation batch has no retries."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    def generate_sequences(self, prompts: Any) -> None:
        """As the manager's own."""
        if "validate" in prompts and tu.get_non_tensor_data(prompts, "validate", False):
            default = self._manager.rollout_config.agent.default_agent_loop
            names = tu.get(prompts, "agent_name", None)
            if names is None or isinstance(names, str):
                names = [names or default] * len(prompts)
            tu.assign_non_tensor_stack(prompts, "agent_name", [PLAIN if name == MEDSAGE else name for name in names])
        self._manager.generate_sequences(prompts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)


def _group(key: str) -> str:
    """Of verl's keys ``{uid}_{session}_{index}``."""
    return key.rsplit("_", 2)[0]


def _absent(rewards: list[float | None]) -> list[float | None]:
    """None where verl's sums over token scores are NaN."""
    return [None if reward is None or np.isnan(reward) else reward for reward in rewards]
