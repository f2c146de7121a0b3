"""The burst: rollouts of both papers' recipes, of which most need the judge, and half the scorer too."""

from __future__ import annotations

import random

from medreward.contract import types as t

RECIPES = ("gemex", "medsage")
BURST = 1024
_FINDINGS = ("pleural effusion", "pneumothorax", "consolidation", "a calcified nodule", "atelectasis")
_SIDES = ("left", "right")
_ZONES = ("upper zone", "middle zone", "lower zone")
_CHOICES = {"A": "Pneumothorax", "B": "Pleural effusion", "C": "Normal chest"}
_SENSELESS = 32  # one in so many is a rollout that nobody can score


def recipe_of(number: int) -> str:
    """Half of the burst goes by either."""
    return RECIPES[number % 2]


def rollout(number: int) -> t.Rollout:
    """The ``number``-th: always the same, and unlike every other."""
    chance = random.Random(number)
    true, side, zone = chance.choice(_FINDINGS), chance.choice(_SIDES), chance.choice(_ZONES)
    said = true if chance.random() < 0.6 else chance.choice(_FINDINGS)
    said_side = side if chance.random() < 0.8 else chance.choice(_SIDES)
    kind = "single_choice" if number % 16 in (6, 7) else "open_ended"
    if number % _SENSELESS == 9:
        kind = "essay"  # no question type: absent, whoever is asked
    answer = f"{said} of {3 + number} mm in the {said_side} {zone}" if kind != "single_choice" else chance.choice("ABC")
    shift = chance.randint(-40, 40)
    box = [100 + shift, 120, 200 + shift, 230]
    write = _gemex if recipe_of(number) == "gemex" else _medsage
    retry = None
    if recipe_of(number) == "medsage" and number % 8 == 1:
        retry = t.Retry(
            "The side was not checked.", write(number, f"{true} in the {side} {zone}", said, side, zone, box)
        )
    return t.Rollout(
        id=str(number),
        group_id=f"g{number // 8}",
        question=f"What does chest radiograph {number // 8} show?",
        question_type=kind,
        choices=_CHOICES if kind == "single_choice" else None,
        response=write(number, answer, said, said_side, zone, box),
        retry=retry,
        reference=t.Reference(
            "B" if kind == "single_choice" else f"{true} in the {side} {zone}",
            [t.Region("lung", [100.0, 120.0, 200.0, 230.0])],
        ),
        image=t.Image(336, 336),
        box_space="pixel",
    )


def _gemex(number: int, answer: str, said: str, side: str, zone: str, box: list[int]) -> str:
    return (
        f"<think>On film {number} the {side} {zone} shows {said}.</think><response><answer>{answer}</answer>"
        f"<location><ref>lung</ref><box>{box}</box></location></response>"
    )


def _medsage(number: int, answer: str, said: str, side: str, zone: str, box: list[int]) -> str:
    return (
        f"<LOC>The {side} {zone} is the place to look.</LOC><VISUAL>On film {number} there is a shadow in the {side} "
        f"{zone}, {box[0]} pixels from the edge.</VISUAL><KNOWLEDGE>Such a shadow goes with {said}.</KNOWLEDGE>"
        f"<CON>This is {said} on the {side}.</CON><ANSWER>{answer}</ANSWER>"
    )
