"""Rollouts as a training run would send them: the examples, answered ever better, and open answers for the judge."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec

from medreward.contract import codec
from medreward.contract import types as t
from medreward.examples import EXAMPLE_RECIPES, load_examples

_GOOD = {"single/right", "multi/right", "closed/right", "open/equal", "open/other-words", "fluid/sound"}
_GOOD |= {"fluid/retry-helps", "spleen/released", "open/judged"}
_FINDINGS = (
    ("What does the chest radiograph show?", "Right pleural effusion"),
    ("Which abnormality is seen?", "Cardiomegaly"),
    ("What is in the left lung?", "Consolidation of the left lower lobe"),
    ("Describe the finding.", "Small apical pneumothorax on the right"),
)
_WORDINGS = (
    "There is {0}.",
    "{0}, most likely.",
    "The image shows no {0}.",
    "A normal chest radiograph.",
    "{0} of about {1} mm.",
    "Free fluid in the right pleural space, {1} mm deep.",
)
_STAGES = ("localization", "visual_analysis", "knowledge", "conclusion")


class Traffic:
    """Bodies to send, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._examples = {recipe: load_examples(recipe) for recipe in EXAMPLE_RECIPES}

    def batch(self, recipe: str, size: int, skill: float) -> t.ScoreRequest:
        """``size`` rollouts; ``skill`` is the chance (0 to 1) that one is an example of those that are right."""
        examples = self._examples[recipe]
        rollouts = []
        for number in range(size):
            good = self._random.random() < skill
            chosen = self._random.choice([example for example in examples if (example.id in _GOOD) == good])
            rollouts.append(msgspec.structs.replace(chosen, id=f"{number}", group_id=f"{number // 8}"))
        for rollout in self._random.sample(range(size), size // 8):
            rollouts[rollout] = self._open(rollout)
        if size > 16:
            # it has no region of the reference where the recipe wants one, and so no reward
            rollouts[0] = msgspec.structs.replace(rollouts[0], reference=None)
        return t.ScoreRequest(recipe=recipe, deadline_ms=30_000, rollouts=rollouts)

    def _open(self, number: int) -> t.Rollout:
        question, reference, answer = self._said()
        return t.Rollout(
            id=f"{number}",
            group_id=f"{number // 8}",
            question=question,
            question_type="open_ended",
            response=f"<think>I look.</think><response><answer>{answer}</answer><location></location></response>",
            reference=t.Reference(reference),
            image=t.Image(336, 336),
        )

    def _said(self) -> tuple[str, str, str]:
        question, reference = self._random.choice(_FINDINGS)
        wording = self._random.choice(_WORDINGS)
        return question, reference, wording.format(reference.lower(), self._random.randrange(4, 60))

    def judging(self, rubric: str, size: int) -> dict[str, Any]:
        """Items for a rubric, as JSON."""
        return {"items": [{"id": f"{number}", "fields": self._fields(rubric)} for number in range(size)]}

    def _fields(self, rubric: str) -> dict[str, str]:
        question, reference, answer = self._said()
        if rubric == "trust":
            return {"question": question, "thinking": f"I see this: {answer}", "answer": answer}
        if rubric == "stages":
            return {"question": question, "reference": reference, **dict.fromkeys(_STAGES, answer)}
        return {"question": question, "reference": reference, "candidate": answer}


def encoded(request: t.ScoreRequest) -> bytes:
    """As HTTP takes it."""
    return codec.encode(request)


def wrong() -> list[bytes]:
    """Bodies that are refused as a whole."""
    one = {"id": "1", "question_type": "single_choice", "response": ""}
    return [
        b'{"recipe": "gemex", "rollouts": [',
        json.dumps({"recipe": "no such recipe", "rollouts": [one]}).encode(),
        json.dumps({"recipe": "gemex", "rollouts": [one] * 2000}).encode(),
    ]
