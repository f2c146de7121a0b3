"""A policy output, taken apart: the one way in."""

from __future__ import annotations

from .answer import answer_of
from .parts import scan
from .problems import Problems
from .regions import regions_of
from .structure import dialect_of, stages_of
from .transcript import scored_turn
from .types import Trajectory


def parse(text: str) -> Trajectory:
    """Take a policy output apart into stages, answer and regions; what is wrong with it is in ``problems``.

    Reads MEDSAGE's LVKC (published and released spelling), GEMeX-RMCoT's think and response, Qwen's JSON boxes, and
    plain text; of a whole chat transcript, the assistant's last turn. Never raises, and takes linear time.
    """
    problems = Problems()
    turn = scored_turn(text)
    if turn is None:
        end = len(text)
        problems.add("no_assistant_turn", "the transcript has no assistant turn", (0, end))
        return Trajectory(text, (end, end), "plain", (), None, (), tuple(problems))
    found = scan(text, turn, problems)
    dialect = dialect_of(found, problems)
    stages = stages_of(text, found.parts, problems)
    answer = answer_of(text, turn, found, dialect, problems)
    regions = regions_of(text, turn, found, dialect, problems)
    if len(problems) > 1:
        problems.sort(key=lambda problem: problem.span)
    return Trajectory(text, turn, dialect, stages, answer, regions, tuple(problems))
