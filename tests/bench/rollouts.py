"""The rollout that is measured: 1.5 kB of policy text, two boxes, a single-choice question."""

from __future__ import annotations

from medreward.contract import codec
from medreward.contract import types as t

RESPONSE_BYTES = 1500
_SENTENCE = (
    "The right lower lung ([154, 172, 257, 288]) shows a patch of dense air-space shadow with branching lucencies, "
    "its border is not sharp, and the angle beside it is free of fluid. "
)


def rollout(number: int, sentence: bool = False) -> t.Rollout:
    """The ``number``-th of a burst in groups of eight, all right.

    The answer is a letter, as the papers' formats ask; with ``sentence`` it is a sentence that no other rollout has.
    """
    chosen = f"B. Focal consolidation of {2 + number} mm" if sentence else "B"
    answer = (
        f"<response><answer>{chosen}</answer><location>"
        f"<ref>right lower lung</ref><box>[{150 + number % 7}, 172, 257, 288]</box>"
        "<ref>left lung</ref><box>[20, 40, 140, 290]</box></location></response>"
    )
    room = RESPONSE_BYTES - len(answer) - len("<think></think>")
    thinking = (_SENTENCE * (room // len(_SENTENCE) + 1))[:room]
    return t.Rollout(
        id=f"q{number // 8}-r{number % 8}",
        group_id=f"q{number // 8}",
        question="Which finding is seen in the right lower lung?",
        question_type="single_choice",
        choices={"A": "Pleural effusion", "B": "Focal consolidation", "C": "Pneumothorax", "D": "Clear lungs"},
        response=f"<think>{thinking}</think>{answer}",
        reference=t.Reference(
            "B", [t.Region("left lung", [22.0, 42.0, 141.0, 288.0]), t.Region("lung", [150.0, 170.0, 258.0, 290.0])]
        ),
        image=t.Image(336, 336),
        box_space="pixel",
    )


def request(size: int, first: int = 0, sentence: bool = False) -> t.ScoreRequest:
    """A batch of ``size`` rollouts by the recipe ``gemex``, the first of them being number ``first``."""
    rollouts = [rollout(first + i, sentence) for i in range(size)]
    return t.ScoreRequest(recipe="gemex", deadline_ms=60_000, rollouts=rollouts)


def body(size: int) -> bytes:
    """The JSON of :func:`request`."""
    return codec.encode(request(size))
