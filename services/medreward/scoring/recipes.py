"""Recipes: which rewards, with which weights and parameters, make up the reward. Data, ours and a user's alike.

    name: my-recipe
    summary: what it is for
    components:
      semantics: {weight: 1.0}
      loose: {reward: grounding, weight: 0.5, params: {mode: continuous}}
    gates: [format]

A component has the name of its reward unless ``reward`` says which; ``gates`` are conditions under which the whole
reward is 0 (``scoring/gates.py``). Ours are the files in ``scoring/shipped``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from medreward.rewards.types import Params, Reward
from medreward.scoring.gates import GATES, Gate
from medreward.yaml_file import YamlError, convert_named, parse_yaml

AD_HOC = "ad-hoc"
"""name of the recipe made from a request's ``components``"""


MOST_WEIGHT = 1e6


class RecipeError(ValueError):
    """A recipe makes no sense; the message names the recipe and the field."""


class ComponentSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One component, as written in YAML."""

    weight: float
    reward: str | None = None
    """name of the reward; the component's own name if absent"""
    params: dict[str, Any] = {}


class RecipeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recipe, as written in YAML."""

    name: str
    components: dict[str, ComponentSpec]
    summary: str = ""
    gates: list[str] = []


class Part(NamedTuple):
    """A component, ready to compute."""

    name: str
    reward: Reward
    params: Params
    weight: float

    @property
    def counts(self) -> bool:
        """Whether it is part of the sum; credit for the self-check tokens is not."""
        return self.reward.applies_to == "response" and self.weight != 0.0


class Recipe(NamedTuple):
    """A recipe, ready to apply."""

    spec: RecipeSpec
    parts: tuple[Part, ...]
    gates: tuple[Gate, ...]
    hash: str
    """of everything in it: two recipes of one hash give the same rewards"""

    @property
    def name(self) -> str:
        """Its name in ``ScoreRequest.recipe``."""
        return self.spec.name


def compile_recipe(spec: RecipeSpec, rewards: Mapping[str, Reward]) -> Recipe:
    """Binds a recipe to its rewards.

    Raises:
        RecipeError: an unknown reward, parameter or gate, a weight that is not finite or is negative, no components.
    """
    if not spec.name:
        raise RecipeError("recipe: name: required")
    if not spec.components:
        raise RecipeError(f"recipe {spec.name}: components: at least one is needed")
    parts = tuple(_part(spec.name, name, component, rewards) for name, component in spec.components.items())
    for name in spec.gates:
        if name not in GATES:
            raise RecipeError(f"recipe {spec.name}: gates: unknown gate {name!r}, there are {', '.join(GATES)}")
        if (needed := GATES[name].component) and needed not in spec.components:
            raise RecipeError(f"recipe {spec.name}: gates: {name} needs a component {needed}")
    # with the parameters as they apply: a default that changes must change the hash too
    applied = (spec, {part.name: part.params for part in parts})
    digest = hashlib.sha256(msgspec.json.encode(applied, order="deterministic")).hexdigest()[:12]
    return Recipe(spec, parts, tuple(GATES[name] for name in spec.gates), digest)


def _part(recipe: str, name: str, component: ComponentSpec, rewards: Mapping[str, Reward]) -> Part:
    where = f"recipe {recipe}: components.{name}"
    reward = rewards.get(component.reward or name)
    if reward is None:
        known = ", ".join(sorted(rewards))
        raise RecipeError(f"{where}: unknown reward {component.reward or name!r}, there are {known}")
    if (wrong := weight_problem(component.weight)) is not None:
        raise RecipeError(f"{where}.weight: {wrong}")
    try:
        params = msgspec.convert(component.params, reward.params)
    except msgspec.ValidationError as error:
        raise RecipeError(f"{where}.params: {error}") from None
    return Part(name, reward, params, component.weight)


def weight_problem(weight: float) -> str | None:
    """Why a weight cannot be one: sums of negative or endless weights would let a failure look like a reward."""
    return None if 0.0 <= weight <= MOST_WEIGHT else f"must be from 0 to {MOST_WEIGHT:g}, not {weight}"


def ad_hoc(components: Mapping[str, float], rewards: Mapping[str, Reward]) -> Recipe:
    """The recipe of a request that names components with weights. Raises as :func:`compile_recipe`."""
    specs = {name: ComponentSpec(weight=weight) for name, weight in components.items()}
    return compile_recipe(RecipeSpec(name=AD_HOC, components=specs), rewards)


def parse_recipe(text: str | bytes, source: str) -> RecipeSpec:
    """A recipe from YAML.

    Raises:
        RecipeError: naming ``source`` and the field.
    """
    try:
        read = parse_yaml(text, source)
    except YamlError as error:
        raise RecipeError(str(error)) from None
    try:
        return convert_named(read, RecipeSpec, {"components": ComponentSpec})
    except msgspec.ValidationError as error:
        raise RecipeError(f"{source}: {error}") from None


def load_recipes(rewards: Mapping[str, Reward], user_files: Iterable[Path] = ()) -> dict[str, Recipe]:
    """The shipped recipes and the user's.

    Raises:
        RecipeError: when a file cannot be read, makes no sense, or takes a name that is in use.
    """
    shipped = sorted(files("medreward.scoring").joinpath("shipped").iterdir(), key=lambda entry: entry.name)
    sources = [(entry.name, parse_recipe(entry.read_bytes(), entry.name)) for entry in shipped]
    for path in user_files:
        try:
            sources.append((str(path), parse_recipe(path.read_bytes(), str(path))))
        except OSError as error:
            raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None
    recipes: dict[str, Recipe] = {}
    for source, spec in sources:
        if spec.name in recipes or spec.name == AD_HOC:
            raise RecipeError(f"{source}: the recipe name {spec.name!r} is in use")
        try:
            recipes[spec.name] = compile_recipe(spec, rewards)
        except RecipeError as error:
            raise RecipeError(f"{source}: {error}") from None
    return recipes
