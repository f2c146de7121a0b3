from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

import medreward_trainer
from medreward.contract import QUESTION_TYPES, Image, Reference, Rollout
from medreward_trainer.data.recipes import AGENTS, RECIPES, load, prompt

SIZE = Image(336, 420)


def asked(recipe: str, boxes: bool = True, **fields: object) -> str:
    rollout = Rollout(question="What is it?", question_type="open_ended", reference=Reference("x"), image=SIZE)
    return prompt(recipe, msgspec.structs.replace(rollout, **fields), 1, boxes)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("kind", QUESTION_TYPES)
@pytest.mark.parametrize("boxes", [True, False])
def test_every_prompt_asks_for_the_recipes_format(recipe: str, kind: str, boxes: bool) -> None:
    text = asked(recipe, boxes, question_type=kind, choices={"A": "left", "B": "right"})
    assert text.startswith("<image>What is it?\n")
    assert text.count("<image>") == 1
    assert "[A: left, B: right]" in text
    assert load(recipe).kinds[kind] in text
    assert [tag for tag in RECIPES[recipe].asked if tag not in text] == []
    assert ("[y1, x1, y2, x2]" in text or "[x1, y1, x2, y2]" in text) is boxes


def test_gemex_boxes_are_asked_for_in_pixels_of_the_image_given() -> None:
    assert "336 wide and 420 high" in asked("gemex")


def test_medsage_boxes_are_asked_for_on_the_grid_y_first() -> None:
    assert '{"box_2d": [y1, x1, y2, x2], "label": "what it is"}' in asked("medsage")


def test_a_question_is_not_taken_for_a_template() -> None:
    assert asked("gemex", question="Is {width} {kind} or {format}?").startswith("<image>Is {width} {kind} or {format}?")


def test_the_agents_are_those_that_our_trainer_registers() -> None:
    registered = Path(medreward_trainer.__file__).parent / "verl/agents.yaml"
    assert {agent["name"] for agent in yaml.safe_load(registered.read_text())} == set(AGENTS)
    assert {recipe.agent for recipe in RECIPES.values()} <= set(AGENTS)
