"""Example rollouts of both papers, all four question types, good and bad; written by us, not taken from a data set."""

from __future__ import annotations

from importlib.resources import files

import msgspec

from medreward.contract.types import Rollout

EXAMPLE_RECIPES = {"gemex": "gemex.jsonl", "medsage": "medsage.jsonl", "medsage-released": "medsage.jsonl"}
"""recipe -> the file with its examples"""


def load_examples(recipe: str) -> list[Rollout]:
    """The example rollouts for a recipe.

    Raises:
        KeyError: it is none of ``EXAMPLE_RECIPES``.
    """
    lines = files(__name__).joinpath(EXAMPLE_RECIPES[recipe]).read_text(encoding="utf-8").splitlines()
    return [msgspec.json.decode(line, type=Rollout) for line in lines]
