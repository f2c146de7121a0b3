"""Short ways to write a rollout in a test."""

from __future__ import annotations

from typing import Any

from medreward.contract import types as t
from medreward.parsing import parse
from medreward.rewards.types import Sample

CHOICES = {"A": "Pleural effusion", "B": "Focal consolidation", "C": "Pneumothorax"}


def rollout(response: str = "", **changes: Any) -> t.Rollout:
    """A single-choice rollout whose reference is B, with any field changed."""
    fields: dict[str, Any] = {
        "id": "r1",
        "group_id": "q1",
        "question": "What is seen?",
        "question_type": "single_choice",
        "choices": CHOICES,
        "response": response,
        "reference": t.Reference("B"),
        **changes,
    }
    return t.Rollout(**fields)


def sample(response: str = "", *, explain: bool = False, **changes: Any) -> Sample:
    """The parsed sample of :func:`rollout`."""
    made = rollout(response, **changes)
    first = parse(response)
    if made.retry is None:
        return Sample(made, first, None, explain)
    return Sample(made, parse(made.retry.response or ""), first, explain)


def lvkc(answer: str = "B", **stages: str) -> str:
    """A well-formed LVKC response."""
    parts = {"LOC": "the base", "VISUAL": "a shadow", "KNOWLEDGE": "air fills", "CON": "so it is", **stages}
    return "".join(f"<{tag}>{text}</{tag}>" for tag, text in {**parts, "ANSWER": answer}.items())


def gemex(answer: str = "B", *boxes: list[float], think: str = "I look.") -> str:
    """A well-formed GEMeX response."""
    pairs = "".join(f"<ref>lung</ref><box>{box}</box>" for box in boxes)
    return f"<think>{think}</think><response><answer>{answer}</answer><location>{pairs}</location></response>"


def regions(*boxes: list[float]) -> list[t.Region]:
    """Reference regions."""
    return [t.Region("lung", box) for box in boxes]
