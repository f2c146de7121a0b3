"""Requests of which no two are alike: what a cache, a label or a table that has no bound would keep for ever."""

from __future__ import annotations

import json
from typing import Any, Final

from medreward.contract import codec
from medreward.contract import types as t
from tests.fuzz.scoring import RECIPES, REFERENCES, rollout

_WORDS: Final = (
    *("effusion", "opacity", "lung", "left", "right", "small", "large", "mass", "nodule", "clear", "apex", "base"),
    *("hilum", "rib", "heart"),
)


def body(number: int) -> bytes:
    """The ``number``-th request: of every recipe and question type, one in eight wrong in some way."""
    if number % 8 == 5:
        return _wrong(number)
    question_type = list(REFERENCES)[number % 4]
    words = " ".join(_WORDS[number * step % len(_WORDS)] for step in (1, 3, 7))
    said = f"{words} {number} mm" if question_type == "open_ended" else f"{'ABCD'[number % 4]} because {words} {number}"
    response = f"<think>{words} w{number}</think><response><answer>{said}</answer></response>"
    fields: dict[str, Any] = {
        "id": f"id-{number}",
        "group_id": f"group-{number}",
        "question": f"What is seen in {number}?",
    }
    if question_type.endswith("choice"):
        # now and then so long that their lexicon is not remembered
        more = " lung" * 700 if number % 16 in (2, 3) else ""
        fields["choices"] = {
            key: f"{word} {number}{more}" for key, word in zip("ABCD", _WORDS[number % 9 :], strict=False)
        }
    elif question_type == "open_ended":
        fields["reference"] = t.Reference(f"{_WORDS[number % len(_WORDS)]} of {number}")
    return codec.encode(
        t.ScoreRequest(recipe=RECIPES[number % 3], rollouts=[rollout(question_type, response, **fields)] * 2)
    )


def _wrong(number: int) -> bytes:
    kinds: list[Any] = [
        {"recipe": f"unknown-{number}", "rollouts": [{"id": "r"}]},
        {"components": {f"unknown-{number}": 1.0}, "rollouts": [{"id": "r"}]},
        {f"field-{number}": 1},
        {"recipe": "gemex", "rollouts": [{"id": "r", "question_type": f"type-{number}", "response": "x"}]},
        {"recipe": "gemex", "rollouts": [{"id": "r", "choices": {f"key-{number}": 1}}]},
        {"recipe": "gemex", "rollouts": []},
    ]
    return json.dumps(kinds[number // 8 % len(kinds)]).encode()
