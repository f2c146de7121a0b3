"""format: is the response built as asked? 0 or 1 (MEDSAGE's format reward: stage completeness, structural correctness).

``lvkc``   localization, visual, knowledge, conclusion and answer: each once, in this order, closed and not empty; text
           before and between them is allowed
``gemex``  think, then response, which holds answer and location: each once, in this order, closed and not empty

What a box says is not its business: boxes written wrongly cost in ``grounding``.
"""

from __future__ import annotations

from typing import Literal

from medreward.parsing import Problem, StageName, Trajectory
from medreward.rewards.types import Outcome, Params, Sample, scored

_PARTS: dict[str, tuple[StageName, ...]] = {
    "lvkc": ("localization", "visual", "knowledge", "conclusion", "answer"),
    "gemex": ("think", "response", "answer", "location"),
}
_IN_RESPONSE: tuple[StageName, ...] = ("answer", "location")
# what is wrong with the boxes, not with the structure around them
_NOT_STRUCTURE = frozenset(
    {
        "box_malformed",
        "box_unclosed",
        "box_not_a_number",
        "box_boolean",
        "box_wrong_count",
        "box_negative",
        "box_no_area",
        "box_off_grid",
        "box_too_large",
        "too_many_boxes",
        "unreadable_location",
    }
)


class FormatParams(Params, frozen=True):
    """Which structure is asked for."""

    dialect: Literal["auto", "lvkc", "gemex"] = "auto"
    """``auto``: the one that the response uses, ``gemex`` where it uses none"""


def format_(sample: Sample, params: FormatParams) -> Outcome:
    """1 if every part is there, once, in order, closed and not empty, else 0 with what is wrong."""
    trajectory = sample.trajectory
    dialect = params.dialect
    if dialect == "auto":
        dialect = "lvkc" if trajectory.dialect == "lvkc" else "gemex"
    faults = _faults(trajectory, _PARTS[dialect])
    if not faults:
        return scored(1.0, f"{dialect}: all parts, in order", {"dialect": dialect, "faults": []})
    return scored(0.0, f"{dialect}: {'; '.join(faults[:3])}", {"dialect": dialect, "faults": faults})


def _faults(trajectory: Trajectory, parts: tuple[StageName, ...]) -> list[str]:
    present = {stage.name for stage in trajectory.stages}
    missing = [part for part in parts if part not in present]
    faults = [f"no {', '.join(missing)}"] if missing else []
    faults += [problem.message for problem in trajectory.problems if _structural(problem)]
    if faults:
        return faults
    if len(trajectory.stages) != len(parts):
        faults.append(f"parts that do not belong here: {', '.join(sorted(present.difference(parts)))}")
    if trajectory.answer is None:
        faults.append("the answer says nothing")
    if "response" in parts:
        spans = {stage.name: stage.span for stage in trajectory.stages}
        start, end = spans["response"]
        outside = [name for name in _IN_RESPONSE if not start <= spans[name][0] <= spans[name][1] <= end]
        faults += [f"{name} stands outside response" for name in outside]
    return faults


def _structural(problem: Problem) -> bool:
    return problem.code not in _NOT_STRUCTURE
