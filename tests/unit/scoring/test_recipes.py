"""Recipes are data: ours load, a user's load beside them, and what makes no sense is named."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from medreward.assembly import build_pipeline
from medreward.config import load_settings
from medreward.contract import types as t
from medreward.scoring.recipes import RecipeError, ad_hoc, compile_recipe, load_recipes, parse_recipe
from medreward.scoring.registry import BUILTIN, RegistryError, load_rewards, summary
from tests.unit.rewards.build import gemex, rollout

MINE = """
name: mine
components:
  answer: {weight: 2.0}
  loose: {reward: grounding, weight: 0.5, params: {mode: continuous}}
"""


def write(directory: Path, text: str) -> Path:
    path = directory / "mine.yaml"
    path.write_text(text)
    return path


def test_shipped_recipes_are_those_of_the_papers() -> None:
    recipes = load_recipes(BUILTIN)
    assert set(recipes) == {"gemex", "medsage", "medsage-released"}
    weights = {name: {part.name: part.weight for part in recipe.parts} for name, recipe in recipes.items()}
    assert weights["gemex"] == {"semantics": 1.0, "grounding": 1.0}
    assert weights["medsage"] == {"semantics": 1.0, "format": 1.0, "consistency": 1.0, "self_check": 0.2}
    assert weights["medsage-released"] == {"answer": 0.6, "grounding": 0.3, "format": 0.1}


def test_a_user_s_recipe_is_used_beside_ours(tmp_path: Path) -> None:
    settings = load_settings(recipe_files=[write(tmp_path, MINE)])
    request = t.ScoreRequest(
        recipe="mine",
        rollouts=[
            rollout(gemex("B", [0, 0, 10, 5]), reference=t.Reference("B", [t.Region("x", [0.0, 0.0, 10.0, 10.0])]))
        ],
    )
    response = asyncio.run(build_pipeline(settings).score(request))
    assert response.results[0].reward == 2.25
    assert set(response.results[0].components) == {"answer", "loose"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\ncomponents: {nope: {weight: 1}}", "components.nope: unknown reward 'nope'"),
        ("name: x\ncomponents: {answer: {weight: -1}}", "components.answer.weight"),
        ("name: x\ncomponents: {answer: {weight: .inf}}", "components.answer.weight"),
        ("name: x\ncomponents: {answer: {weight: .nan}}", "components.answer.weight"),
        (
            "name: x\ncomponents: {answer: {weight: 1, parms: {}}}",
            "components.answer: Object contains unknown field `parms`",
        ),
        ("name: x\ncomponents: {answer: {weight: heavy}}", "components.answer: Expected `float`"),
        ("name: x\ncomponents: {answer: {weight: 1.0e+308}}", "components.answer.weight: must be from 0 to 1e+06"),
        ("name: x\ncomponents: {answer: {weight: 1}, answer: {weight: 2}}", "'answer' is given twice"),
        ("name: x\ncomponents: {grounding: {weight: 1, params: {threshold: 7}}}", "components.grounding.params"),
        ("name: x\ncomponents: {grounding: {weight: 1, params: {threshold: .nan}}}", "components.grounding.params"),
        ("name: x\ncomponents: {grounding: {weight: 1, params: {mode: loose}}}", "components.grounding.params"),
        ("name: x\ncomponents: {answer: {weight: 1, params: {mode: loose}}}", "components.answer.params"),
        ("name: x\ncomponents: {}", "components"),
        ("name: gemex\ncomponents: {answer: {weight: 1}}", "in use"),
        ("name: x\ncomponents: {answer: {weight: 1}}\ngates: [nope]", "unknown gate 'nope'"),
        ("name: x\ncomponents: {answer: {weight: 1}}\ngates: [format]", "format needs a component format"),
        ("name: x", "components"),
        (": :", "mine.yaml"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipes(BUILTIN, [write(tmp_path, text)])
    assert says in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_a_recipe_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone\.yaml: cannot be read"):
        load_recipes(BUILTIN, [tmp_path / "gone.yaml"])


def test_the_hash_changes_with_any_weight_or_parameter() -> None:
    texts = [MINE, MINE.replace("2.0", "1.0"), MINE.replace("continuous", "threshold")]
    hashes = {compile_recipe(parse_recipe(text, "here"), BUILTIN).hash for text in texts}
    assert len(hashes) == 3


def test_the_hash_does_not_hang_on_the_order_in_which_components_came() -> None:
    weights = {"answer": 1.0, "format": 0.5, "grounding": 0.25}
    backwards = dict(reversed(weights.items()))
    assert ad_hoc(weights, BUILTIN).hash == ad_hoc(backwards, BUILTIN).hash


PACKAGE = '''
"""A package of a user's own."""
from medreward.rewards.types import Reward, Params, scored

def brevity(sample, params):
    """1 for a response of at most 20 characters."""
    return scored(float(len(sample.rollout.response) <= 20), f"{len(sample.rollout.response)} characters")
'''


def install(directory: Path, entry_points: str) -> None:
    """A distribution as pip would lay it down."""
    (directory / "users_rewards.py").write_text(PACKAGE)
    info = directory / "users_rewards-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: users-rewards\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[medreward.rewards]\n{entry_points}\n")


def test_a_user_s_reward_is_found_by_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "brevity = users_rewards:brevity")
    monkeypatch.syspath_prepend(tmp_path)
    rewards = load_rewards()
    assert summary(rewards["brevity"]) == "1 for a response of at most 20 characters."
    request = t.ScoreRequest(components={"brevity": 1.0}, rollouts=[rollout("short"), rollout("long" * 20)])
    response = asyncio.run(build_pipeline(load_settings()).score(request))
    assert [result.reward for result in response.results] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("answer = users_rewards:brevity", "already a reward"),
        ("brevity = users_rewards:nope", "does not load"),
        ("brevity = users_rewards:__doc__", "neither"),
    ],
)
def test_a_reward_that_cannot_be_registered_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, says: str
) -> None:
    install(tmp_path, entry)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RegistryError, match=says):
        load_rewards()


def test_every_reward_says_what_it_is() -> None:
    assert all(summary(reward) for reward in BUILTIN.values())
