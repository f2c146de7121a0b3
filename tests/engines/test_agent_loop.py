"""The agent loops over verl's own base and a real processor; the engine and the service say what they are told."""

from __future__ import annotations

import asyncio
import importlib.util
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from medreward.contract import Component, Reference, Result, Rollout
from medreward_trainer.client import RequestRefused
from medreward_trainer.client.types import Scored
from medreward_trainer.truth import encode
from medreward_trainer.verl import prompts
from medreward_trainer.verl.outcome import Outcome, unpacked
from medreward_trainer.verl.segments import CHECK, FIRST, SECOND, TEMPLATE
from tests.engines import tiny_vl

pytestmark = pytest.mark.skipif(importlib.util.find_spec("verl") is None, reason="verl is not installed")
WRONG, CHECKED, RIGHT = "the answer is left", "I confused the sides", "the answer is right"
GROUND_TRUTH = encode(Rollout(question="Side?", question_type="closed_ended", reference=Reference("right")))
LENGTH = 300


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    asked = ["Which side?", prompts.text(prompts.SELF_CHECK), prompts.text(prompts.RETRY)]
    tiny_vl.build(folder, asked, [WRONG, CHECKED, RIGHT], steps=0)
    return folder


def component(value: float | None) -> Component:
    return Component(status="timeout" if value is None else "ok", value=value, weight=1.0, detail="why")


class Service:
    """Says whether the last answer is right; an answer in ``silent`` gets no verdict."""

    def __init__(self, silent: str = "", refuses: bool = False) -> None:
        self.silent, self.refuses = silent, refuses
        self.asked: list[Rollout] = []
        self.stats = SimpleNamespace(flat=dict)

    async def score(self, rollout: Rollout, **more: Any) -> Scored:
        self.asked.append(rollout)
        if self.refuses:
            raise RequestRefused("unknown_recipe", "recipe", "no such recipe")
        text = rollout.retry.response if rollout.retry else rollout.response
        value = None if self.silent and self.silent == text else float(text == RIGHT)
        found = {"semantics": component(value)}
        if more.get("components") is None:
            found["self_check"] = component(None if value is None else value if rollout.retry else 0.0)
        return Scored(result=Result(id=rollout.id, reward=value, components=found))


class Engine:
    """Writes what it is told, cut off where it must be."""

    def __init__(self, tokenizer: Any, says: list[str], ends: bool = True) -> None:
        self.tokenizer, self.says, self.ends = tokenizer, list(says), ends
        self.limits: list[int] = []
        self.prompts: list[list[int]] = []
        self.images: list[Any] = []

    async def generate(self, **asked: Any) -> Any:
        limit = asked["sampling_params"]["max_tokens"]
        self.limits.append(limit)
        self.prompts.append(asked["prompt_ids"])
        self.images.append(asked["image_data"])
        ids = self.tokenizer.encode(self.says.pop(0), add_special_tokens=False)
        ids = ([*ids, self.tokenizer.eos_token_id] if self.ends else ids)[:limit]
        steps = {"min_global_steps": 4, "max_global_steps": 4}
        return SimpleNamespace(token_ids=ids, log_probs=[-0.5] * len(ids), extra_fields=steps)


class Ran:
    """A rollout by one of the loops."""

    def __init__(self, model: Path, name: str, says: list[str], service: Service, **more: Any) -> None:
        from omegaconf import OmegaConf
        from PIL import Image
        from transformers import AutoProcessor
        from verl.experimental.agent_loop.agent_loop import DictConfigWrap
        from verl.utils.dataset.rl_dataset import RLHFDataset

        from medreward_trainer.verl import agent_loop, asking

        length = more.pop("length", LENGTH)
        retry = {"attempt_tokens": 12, "check_tokens": 8, **more.pop("retry", {})}
        config = OmegaConf.create(
            {
                "medreward": {"client": {"urls": ["http://127.0.0.1:1"], "recipe": "medsage"}, "retry": retry},
                "actor_rollout_ref": {"rollout": {"prompt_length": 200, "response_length": length}},
                "data": {},
            }
        )
        processor = AutoProcessor.from_pretrained(model)
        self.tokenizer = processor.tokenizer
        self.engine = Engine(self.tokenizer, says, **more)
        content = [{"type": "image", "image": Image.new("RGB", (112, 112))}, {"type": "text", "text": "Which side?"}]
        row = {
            "uid": "u",
            "session_id": 2,
            "raw_prompt": [{"role": "user", "content": content}],
            "reward_model": {"ground_truth": GROUND_TRUTH},
        }

        async def run() -> Any:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(asking, "client_of", lambda settings: service)
                loop = getattr(agent_loop, name)(
                    trainer_config=DictConfigWrap(config),
                    server_manager=self.engine,
                    tokenizer=self.tokenizer,
                    processor=processor,
                    dataset_cls=RLHFDataset,
                    data_config=DictConfigWrap(config.data),
                    hf_model_type="qwen2_5_vl",
                )
                return await loop.run({"temperature": 1.0}, **row)

        self.output = asyncio.run(run())
        self.outcome: Outcome = unpacked(self.output.extra_fields)

    def text(self, tag: int) -> str:
        """What stands in the response under a tag."""
        ids = [id for id, one in zip(self.output.response_ids, self.outcome.tags, strict=True) if one == tag]
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))


def test_a_wrong_answer_is_checked_and_revised(model: Path) -> None:
    service = Service()
    ran = Ran(model, "MedsageLoop", [WRONG, CHECKED, RIGHT], service)
    outcome, output = ran.outcome, ran.output
    assert (outcome.first_right, outcome.revised, outcome.credit, outcome.reward) == (False, True, 1.0, 1.0)
    assert outcome.texts == {"first": WRONG, "self_check": CHECKED, "second": RIGHT}
    assert [ran.text(tag) for tag in (FIRST, CHECK, SECOND)] == [f"{x}<|im_end|>" for x in (WRONG, CHECKED, RIGHT)]
    # the mask is the policy's text and nothing else
    assert output.response_mask == [int(tag != TEMPLATE) for tag in outcome.tags]
    assert len(output.response_logprobs) == len(output.response_ids) == len(outcome.tags) <= LENGTH
    assert {p for p, m in zip(output.response_logprobs, output.response_mask, strict=True) if not m} == {0.0}
    assert (output.reward_score, output.num_turns) == (1.0, 6)
    asked = service.asked[-1]
    assert (asked.id, asked.group_id, asked.response) == ("u_2", "u", WRONG)
    assert asked.retry is not None
    assert (asked.retry.self_check, asked.retry.response) == (CHECKED, RIGHT)


def test_the_turns_between_are_the_chat_template_s(model: Path) -> None:
    ran = Ran(model, "MedsageLoop", [WRONG, CHECKED, RIGHT], Service())
    template = ran.text(TEMPLATE)
    assert template.count("\n<|im_start|>user\n") == 2
    assert template.count("<|im_end|>\n<|im_start|>assistant\n") == 2
    assert template.startswith("\n<|im_start|>user\nThe answer above")
    # every turn sees the image and all that was written before
    assert all(len(images) == 1 for images in ran.engine.images)
    whole = ran.output.prompt_ids + ran.output.response_ids
    assert all(whole[: len(prompt)] == prompt for prompt in ran.engine.prompts)


def test_a_right_answer_is_accepted(model: Path) -> None:
    ran = Ran(model, "MedsageLoop", [RIGHT], Service())
    assert (ran.outcome.first_right, ran.outcome.revised, ran.outcome.credit) == (True, False, None)
    assert set(ran.outcome.tags) == {FIRST}
    assert ran.output.num_turns == 2


def test_no_retry_is_taken_without_a_verdict(model: Path) -> None:
    ran = Ran(model, "MedsageLoop", [WRONG], Service(silent=WRONG))
    assert (ran.outcome.status, ran.outcome.reward, ran.outcome.first_right) == ("timeout", None, None)
    assert "no verdict on the first answer" in ran.outcome.reason
    assert set(ran.outcome.tags) == {FIRST}
    assert math.isnan(ran.output.reward_score)


def test_a_retry_that_cannot_be_scored_is_unscored_and_not_wrong(model: Path) -> None:
    ran = Ran(model, "MedsageLoop", [WRONG, CHECKED, RIGHT], Service(silent=RIGHT))
    assert (ran.outcome.status, ran.outcome.reward, ran.outcome.credit) == ("timeout", None, None)
    assert ran.outcome.revised
    assert ran.output.extra_fields["reward_extra_info"]["score"] is None


def test_turns_that_are_cut_off_are_closed_by_the_template_and_scored_as_written(model: Path) -> None:
    ran = Ran(model, "MedsageLoop", [WRONG * 9, CHECKED * 9, WRONG * 9], Service(), ends=False)
    assert ran.engine.limits == [12, 8, 12]
    assert [ran.outcome.tags.count(tag) for tag in (FIRST, CHECK, SECOND)] == [12, 8, 12]
    assert ran.text(TEMPLATE).startswith("<|im_end|>\n<|im_start|>user\n")
    assert ran.outcome.texts["second"]
    assert ran.outcome.credit == 0.0


def test_without_room_for_a_retry_the_first_attempt_counts(model: Path) -> None:
    ran = Ran(model, "MedsageLoop", [WRONG], Service(), length=60)
    assert (ran.outcome.no_room, ran.outcome.revised, ran.outcome.reward) == (True, False, 0.0)


def test_one_turn_is_scored_by_the_recipe(model: Path) -> None:
    ran = Ran(model, "PlainLoop", [RIGHT], Service())
    assert (ran.outcome.reward, ran.outcome.first_right, ran.engine.limits) == (1.0, None, [LENGTH])
    assert ran.output.extra_fields["reward_extra_info"]["medreward/semantics"] == 1.0
    assert ran.output.extra_fields["min_global_steps"] == 4


@pytest.mark.parametrize("loop", ["PlainLoop", "MedsageLoop"])
def test_a_refusal_reaches_the_trainer(model: Path, loop: str) -> None:
    ran = Ran(model, loop, [WRONG], Service(refuses=True))
    assert (ran.outcome.status, ran.outcome.reward) == ("refused", None)
    assert "no such recipe" in ran.outcome.reason
