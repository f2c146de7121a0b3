"""Example rollouts of both papers, all four question types, good and bad; written by us, not taken from a data set."""

from __future__ import annotations

from importlib.resources import files

import msgspec

from medreward.contract.types import Rollout

EXAMPLE_RECIPES = ("gemex", "medsage")


def load_examples(recipe: str) -> list[Rollout]:
    """The example rollouts written for a recipe, one of ``EXAMPLE_RECIPES``.

    Raises:
        FileNotFoundError: there are none for it.
    """
    lines = files(__name__).joinpath(f"{recipe}.jsonl").read_text(encoding="utf-8").splitlines()
    return [msgspec.json.decode(line, type=Rollout) for line in lines]
