"""The agent loops: one turn (``medreward``), and MEDSAGE's self-check-guided retry (``medsage``).

    medsage:  t1 -> is its answer right? -> yes: done
                                         -> no:  self-check -> t2
              (MEDSAGE, self-check-guided retry; sampled anew in every rollout of the group)

Both ask for the reward themselves, so that its absence reaches the trainer: verl's reward loop knows numbers only.
``reward_score`` of an unscored rollout is NaN, which our trainer never reads; whatever else would read it shows it.

The verdict on t1 is asked for in the middle of the rollout. When there is none within the client's deadline, the
rollout ends there, unscored: no retry is taken on an unknown verdict.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import msgspec
from omegaconf import OmegaConf
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopMetrics, AgentLoopOutput
from verl.utils.profiler import simple_timer

from medreward.contract import Retry
from medreward_trainer.truth import TruthError
from medreward_trainer.verl import prompts
from medreward_trainer.verl.asking import Asking, Verdict, refused
from medreward_trainer.verl.logs import show_logs
from medreward_trainer.verl.outcome import KEY, Outcome, flat, packed
from medreward_trainer.verl.segments import CHECK, FIRST, SECOND, Segments, check_limit
from medreward_trainer.verl.settings import Settings, settings_of

logger = logging.getLogger(__name__)
_AROUND = 16
"""tokens at most that a chat template writes around a prompt in between"""
_read: dict[int, tuple[Any, Settings]] = {}
"""a process's configuration and its settings: verl makes an agent loop for each rollout, of one configuration"""


@dataclass
class _Talk:
    """A rollout while it is made."""

    messages: list[dict[str, Any]]
    prompt_ids: list[int]
    media: dict[str, Any]
    media_kwargs: dict[str, Any]
    sampling: dict[str, Any]
    priority: int
    segments: Segments = field(default_factory=Segments)
    texts: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    """versions of the weights that wrote the turns"""
    turns: int = 1


class PlainLoop(AgentLoopBase):  # type: ignore[misc]
    """One turn, scored by the recipe."""

    async def run(self, sampling_params: dict[str, Any], priority: int = 0, **row: Any) -> AgentLoopOutput:
        """One rollout of a row of the data, see verl's ``AgentLoopBase.run``."""
        talk = await self._open(row, sampling_params, int(priority))
        first = await self._turn(talk, FIRST, self.rollout_config.response_length)
        try:
            asking = Asking.of(self._settings(), row)
        except TruthError as error:
            return self._output(talk, refused(error))
        return self._output(talk, await self._scored(talk, asking, first))

    def _settings(self) -> Settings:
        if id(self.config) not in _read:
            plain = OmegaConf.to_container(self.config, resolve=True)
            _read[id(self.config)] = (self.config, settings_of(plain))
            show_logs()
        return _read[id(self.config)][1]

    async def _open(self, row: Mapping[str, Any], sampling: dict[str, Any], priority: int) -> _Talk:
        messages = list(row["raw_prompt"])
        media = await self.process_multi_modal_info(messages)
        self._assert_mm_supported(bool(media))
        prompt_ids = await self.ct_build_initial_tokens(
            messages, images=media.get("images"), videos=media.get("videos"), audios=media.get("audios")
        )
        kwargs = self._get_mm_processor_kwargs(media.get("audios"))
        return _Talk(messages, prompt_ids, media, kwargs, sampling, priority)

    async def _turn(self, talk: _Talk, tag: int, limit: int) -> str:
        """The policy writes at most ``limit`` tokens; its text."""
        with simple_timer("generate_sequences", talk.seconds):
            written = await self.server_manager.generate(
                request_id=uuid4().hex,
                prompt_ids=talk.prompt_ids + talk.segments.ids,
                sampling_params={**talk.sampling, "max_tokens": limit},
                image_data=talk.media.get("images"),
                video_data=talk.media.get("videos"),
                audio_data=talk.media.get("audios"),
                mm_processor_kwargs=talk.media_kwargs,
                priority=talk.priority,
            )
        ids = list(written.token_ids)[:limit]
        talk.segments.say(tag, ids, list(written.log_probs)[:limit] if written.log_probs else None)
        talk.turns += 1
        talk.steps += [written.extra_fields[name] for name in ("min_global_steps", "max_global_steps")]
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True)
        talk.messages.append({"role": "assistant", "content": text})
        return text

    async def _ask(self, talk: _Talk, text: str) -> None:
        """A prompt in between, as the chat template writes it."""
        segments, end = talk.segments, self.tokenizer.eos_token_id
        if segments.ids[-1:] != [end]:  # the turn was cut off, or is empty
            segments.put([end])
        before = list(talk.messages)
        talk.messages.append({"role": "user", "content": text})
        merged, _, _ = await self.ct_merge_context_msg(
            before, talk.messages, talk.prompt_ids + segments.ids, list(segments.mask)
        )
        segments.drop(merged.removed_prefix_token_count)
        segments.put(merged.token_ids[len(talk.prompt_ids) + len(segments) :])
        talk.turns += 1

    async def _scored(self, talk: _Talk, asking: Asking, first: str, retry: Retry | None = None) -> Outcome:
        with simple_timer("compute_score", talk.seconds):
            return await asking.score(first, retry)

    def _output(self, talk: _Talk, outcome: Outcome) -> AgentLoopOutput:
        segments = talk.segments
        outcome = msgspec.structs.replace(outcome, tags=list(segments.tags), texts=dict(talk.texts))
        return AgentLoopOutput(
            prompt_ids=talk.prompt_ids,
            response_ids=segments.ids,
            response_mask=segments.mask,
            response_logprobs=segments.logprobs,
            multi_modal_data=talk.media,
            mm_processor_kwargs=talk.media_kwargs,
            reward_score=math.nan if outcome.reward is None else outcome.reward,
            num_turns=talk.turns,
            metrics=AgentLoopMetrics(**talk.seconds),
            extra_fields={
                "min_global_steps": min(talk.steps),
                "max_global_steps": max(talk.steps),
                "turn_scores": [],
                "tool_rewards": [],
                "reward_extra_info": flat(outcome.components, outcome.reward),
                KEY: packed(outcome),
            },
        )


class MedsageLoop(PlainLoop):
    """MEDSAGE's self-check-guided retry."""

    async def run(self, sampling_params: dict[str, Any], priority: int = 0, **row: Any) -> AgentLoopOutput:
        """One rollout of a row of the data, see verl's ``AgentLoopBase.run``."""
        settings = self._settings()
        talk = await self._open(row, sampling_params, int(priority))
        talk.texts["first"] = first = await self._turn(talk, FIRST, settings.retry.attempt_tokens)
        try:
            asking = Asking.of(settings, row)
        except TruthError as error:
            return self._output(talk, refused(error))
        with simple_timer("tool_calls", talk.seconds):
            verdict = await asking.answer(first)
        if verdict.right is None:
            return self._output(
                talk, asking.without(verdict.status, f"no verdict on the first answer: {verdict.reason}")
            )
        return self._output(talk, await self._finished(talk, asking, first, verdict, settings))

    async def _finished(self, talk: _Talk, asking: Asking, first: str, verdict: Verdict, settings: Settings) -> Outcome:
        retry = None if verdict.right else await self._retry(talk, settings)
        outcome = await self._scored(talk, asking, first, retry)
        return msgspec.structs.replace(
            outcome,
            first_right=verdict.right,
            revised=retry is not None,
            no_room=not verdict.right and retry is None,
        )

    async def _retry(self, talk: _Talk, settings: Settings) -> Retry | None:
        """Self-check and second attempt; None where the response has no tokens left for them."""
        budget = settings.retry
        asked = prompts.text(budget.self_check_prompt or prompts.SELF_CHECK)
        again = prompts.text(budget.retry_prompt or prompts.RETRY)
        length = self.rollout_config.response_length
        left = length - len(talk.segments) - self._tokens(asked) - self._tokens(again)
        limit = check_limit(left, budget.attempt_tokens, budget.check_tokens)
        if not limit:
            logger.warning("no room for a retry: %d tokens are left of data.max_response_length=%d", left, length)
            return None
        await self._ask(talk, asked)
        talk.texts["self_check"] = check = await self._turn(talk, CHECK, limit)
        await self._ask(talk, again)
        attempt = min(budget.attempt_tokens, length - len(talk.segments))
        # a template that writes more than we allow for may leave nothing: what was cut off is scored as it was written
        talk.texts["second"] = second = await self._turn(talk, SECOND, attempt) if attempt > 0 else ""
        return Retry(self_check=check, response=second)

    def _tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False)) + _AROUND
