"""What the parser returns: a :class:`Trajectory` and the parts it is made of.

Spans are ``(start, end)`` character offsets into ``Trajectory.source``, the text as it was given.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Dialect = Literal["lvkc", "gemex", "plain"]
StageName = Literal["localization", "visual", "knowledge", "conclusion", "answer", "think", "response", "location"]
Span = tuple[int, int]
Box = tuple[float, float, float, float]


class Problem(NamedTuple):
    """Something wrong in the text, named by a stable code."""

    code: str
    """e.g. ``unclosed_tag``, ``repeated_tag``, ``box_no_area``: see ``PROBLEMS``"""
    message: str
    """what a person reads, e.g. ``<KNOWLEDGE> is never closed``"""
    span: Span


class Stage(NamedTuple):
    """One tagged part of the response; ``text`` is stripped, ``span`` covers the inside of the tag."""

    name: StageName
    text: str
    span: Span


class Region(NamedTuple):
    """A predicted box, corners always ordered ``x1, y1, x2, y2``."""

    label: str
    box: Box | None
    """None when what was written is no box (its problem says why); it still counts as predicted. A ``box_2d`` beyond
    the 0-1000 grid is kept beside its problem: on that grid it is no box either, in pixels it is one"""
    space: Literal["pixel", "grid1000"] | None
    """the space that its syntax fixes (``bbox_xyxy_pixel``), else None: the rollout's ``box_space`` rules"""
    default_space: Literal["pixel", "grid1000"]
    """the space when neither syntax nor rollout says: ``grid1000`` for ``box_2d``, else ``pixel``"""
    span: Span


class Trajectory(NamedTuple):
    """A policy output, taken apart. Never raises on any text; what is wrong is in ``problems``."""

    source: str
    """the text as given"""
    body: Span
    """the part that is scored: the last assistant turn of a transcript, else everything; to its end-of-turn token"""
    dialect: Dialect
    """``lvkc`` when any of the four LVKC tags occurs, ``gemex`` when think, response, answer or location does"""
    stages: tuple[Stage, ...]
    """in order of appearance; repeated stages are all here"""
    answer: str | None
    """the text to be matched against the reference, stripped; None when there is none (or several that differ)"""
    regions: tuple[Region, ...]
    """the boxes that count as the response's grounding"""
    problems: tuple[Problem, ...]
