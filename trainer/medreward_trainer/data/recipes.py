"""What a recipe asks the policy for: a prompt with the output format, and the agent loop that plays it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from medreward.contract import BOX_SPACES, Rollout
from medreward.yaml_file import read_yaml

IMAGE_MARK: Final = "<image>"
MARKS: Final = (IMAGE_MARK, "<video>", "<audio>")
"""what verl's reader replaces in a prompt by what a row carries, wherever it stands"""
CONTROL: Final = re.compile(r"<\|\w+\|>")
"""what Qwen's tokenizer takes for a turn's end or an image, wherever it stands"""
_HOLE: Final = re.compile(r"\{(question|choices|kind|format|width|height)\}")
_PROMPTS: Final = Path(__file__).parent / "prompts"


class Recipe(NamedTuple):
    """How a recipe's rows are made."""

    agent: str
    """the agent loop, by the name it is registered under with verl"""
    asked: tuple[str, ...]
    """what every prompt of it must hold: the tags of the format"""
    box_space: str | None
    """of the boxes asked for; None: the box syntax says it"""
    always_boxes: bool
    """whether boxes are asked for of data that has none: they are part of the format, not of the reward"""


RECIPES: Final[Mapping[str, Recipe]] = {
    "gemex": Recipe(
        "single_turn_agent",
        ("<think>", "</think>", "<response>", "<answer>", "</answer>", "</response>"),
        BOX_SPACES[0],
        always_boxes=False,
    ),
    "medsage": Recipe(
        "medsage",
        tuple(f"{slash}{tag}>" for tag in ("LOC", "VISUAL", "KNOWLEDGE", "CON", "ANSWER") for slash in ("<", "</")),
        None,
        always_boxes=True,
    ),
}
AGENTS: Final = ("medreward", "single_turn_agent", "medsage")
"""those that our trainer registers (``verl/agents.yaml``): another would bring it no reward"""


class Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recipe's file in ``prompts``; ``{question}`` and the like are filled in one pass."""

    body: str
    """holes: question, choices, kind, format"""
    choices: str
    """stands before the options, which follow as ``A: text``"""
    kinds: dict[str, str]
    """by question type: what kind of answer is asked for"""
    with_boxes: str
    """the output format; holes: width, height (pixels of the image given)"""
    without_boxes: str
    """the same for data without boxes, or without images"""


@lru_cache(maxsize=len(RECIPES))
def load(name: str) -> Prompt:
    """The prompt of a recipe.

    Raises:
        KeyError: there is no such recipe.
        YamlError, msgspec.ValidationError: the file is broken, which is a defect of ours.
    """
    if name not in RECIPES:
        raise KeyError(name)
    return msgspec.convert(read_yaml(_PROMPTS / f"{name}.yaml"), Prompt)


def prompt(recipe: str, rollout: Rollout, images: int, boxes: bool) -> str:
    """The user's turn: a mark for each image, the question with its options, and the format asked for.

    Args:
        recipe: a key of ``RECIPES``.
        rollout: with the size of the image given, if boxes are asked for.
        images: how many the row carries.
        boxes: whether boxes are asked for. It must not depend on whether this row has any: that would tell whether
            what is asked for is there.
    """
    text = load(recipe)
    size = rollout.image
    form = text.with_boxes if boxes else text.without_boxes
    if size is not None:
        form = _filled(form, {"width": str(size.width), "height": str(size.height)})
    options = ", ".join(f"{letter}: {option}" for letter, option in (rollout.choices or {}).items())
    filled = {
        "question": rollout.question,
        "choices": f"{text.choices}[{options}]\n" if options else "",
        "kind": text.kinds[rollout.question_type],
        "format": form,
    }
    return IMAGE_MARK * images + _filled(text.body, filled)


def _filled(template: str, values: Mapping[str, str]) -> str:
    # one pass over the template only: a question may hold braces, and must not be filled itself
    return _HOLE.sub(lambda hole: values.get(hole[1], hole[0]), template).strip()
