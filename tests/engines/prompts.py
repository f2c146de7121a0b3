"""Prompts of the shipped rubrics for the engine tests, no two alike."""

from __future__ import annotations

import itertools
from typing import Any

from medreward.judge.prompt import TextLimits, render
from medreward.judge.rubrics import load_rubrics
from medreward.judge.types import Prompt

RUBRICS = load_rubrics()
LIMITS = TextLimits(reason_chars=60)

_SIDES = ("left", "right", "bilateral", "no")
_FINDINGS = ("pleural effusion", "apical pneumothorax", "consolidation", "rib fracture", "hilar mass", "cardiomegaly")
_QUESTIONS = ("What does the film show?", "Which abnormality is seen?", "What is the main finding?")


def semantics(count: int, **options: Any) -> list[Prompt]:
    """``count`` different judgements, in groups that share question and reference."""
    stated = [f"{side} {finding}" for finding, side in itertools.product(_FINDINGS, _SIDES)]
    cases = itertools.product(_QUESTIONS, stated, stated)
    return [
        semantic(question, reference, candidate, **options)
        for question, reference, candidate in itertools.islice(cases, count)
    ]


def semantic(question: str, reference: str, candidate: str, **options: Any) -> Prompt:
    """One judgement of two answers."""
    fields = {
        "question": question,
        "context": "A frontal film of the chest.",
        "reference": reference,
        "candidate": candidate,
    }
    return render(RUBRICS["semantics"], fields, limits=LIMITS, **options)


def any_rubric(name: str, **options: Any) -> Prompt:
    """One judgement of whichever rubric."""
    fields = {field: f"the {field}: a small left effusion" for field in RUBRICS[name].fields}
    return render(RUBRICS[name], fields, limits=LIMITS, **options)


def endless() -> Prompt:
    """A reply that takes some thousand tokens, so that it can be interrupted."""
    return semantics(1)[0]._replace(constraint="[a-z]{3000}", begins="", stop=(), max_tokens=2500)
