"""Responses written from the gold answer, in the format of GEMeX-RMCoT, for data sets without policy outputs.

``reference`` is the upper bound: every deterministic reward must give it full marks. ``other`` is wrong in each
part: another option, the opposite, boxes elsewhere (one box where the reference has none); all must give it 0.
An open question is then left without an answer: whether other words would be wrong takes a judge.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence

from medreward.contract.types import Image, Region
from medreward.readers.types import Respond

_OPPOSITE = {"yes": "No", "no": "Yes"}
_NOWHERE = Region("elsewhere", [0.0, 0.0, 1.0, 1.0])


def closed(answer: str, respond: Respond) -> str:
    """To a question whose answer is ``yes`` or ``no``, in any case."""
    return _wrong(_OPPOSITE[answer.lower()]) if respond == "other" else _right(answer)


def open_ended(answer: str, respond: Respond) -> str:
    """To an open question."""
    return _wrong("") if respond == "other" else _right(answer)


def choice(gold: Collection[str], choices: Mapping[str, str], several: bool, respond: Respond, seed: str) -> str | None:
    """To a choice question; None when there is no other answer. The same ``seed`` gives the same wrong one."""
    if respond == "reference":
        return _right(", ".join(sorted(gold)))
    wrong = sorted(set(choices) - set(gold))
    chooser = random.Random(seed)
    if wrong:
        count = chooser.randint(1, len(wrong)) if several else 1
        return _wrong(", ".join(sorted(chooser.sample(wrong, count))))
    if several and len(gold) > 1:
        return _wrong(chooser.choice(sorted(gold)))
    return None


def boxes(answer: str, regions: Sequence[Region], image: Image, respond: Respond) -> str:
    """To a question where things are."""
    if respond == "reference":
        return _right(answer, regions)
    # beyond the image they meet no reference box, however large that is
    dx, dy = image.width, image.height
    moved = [Region(r.label, [r.box[0] + dx, r.box[1] + dy, r.box[2] + dx, r.box[3] + dy]) for r in regions]
    return _wrong("", moved)


def _right(answer: str, regions: Sequence[Region] = ()) -> str:
    return _gemex("This is the reference.", answer, regions)


def _wrong(answer: str, regions: Sequence[Region] = (_NOWHERE,)) -> str:
    return _gemex("This is not the reference.", answer, regions)


def _gemex(think: str, answer: str, regions: Sequence[Region]) -> str:
    pairs = "".join(f"<ref>{r.label}</ref><box>[{', '.join(f'{v:g}' for v in r.box)}]</box>" for r in regions)
    location = f"<location>{pairs}</location>" if regions else ""
    return f"<think>{think}</think><response><answer>{answer}</answer>{location}</response>"
