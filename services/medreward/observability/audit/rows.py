"""What a line of an audit file holds: one struct for each kind of file.

Every column is in every row, so that a table has the same columns whatever it holds; what is absent is null, and a
number that is null could not be computed. Texts are JSON in a string: they differ from rollout to rollout.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

Kind = Literal["rollouts", "verdicts", "replies"]
"""``rollouts``: what was scored; ``verdicts``: what ``/v1/judge`` was asked; ``replies``: what the engine wrote"""
KINDS: tuple[Kind, ...] = get_args(Kind)


class ScoreRow(msgspec.Struct, frozen=True, gc=False):
    """A score of the judge."""

    name: str
    """as the rubric names it"""
    score: float


class JudgementRow(msgspec.Struct, frozen=True, gc=False):
    """What the judge said for one question of a component."""

    key: str
    """of the row in ``replies`` that says what the engine wrote; empty: no engine was needed"""
    source: str
    """where it was asked: ``engine``, ``cache``, ``shared`` (with an equal one), ``short_cut``; empty: nowhere"""
    swapped_key: str | None
    """where the two answers were judged exchanged too"""
    swapped_source: str | None
    scores: list[ScoreRow]
    """those that count: expected or averaged where the settings want that"""
    margin: float | None


class ComponentRow(msgspec.Struct, frozen=True, gc=False):
    """One reward of one rollout. ``value`` is a number if and only if ``status`` is ``ok``."""

    name: str
    status: str
    value: float | None
    weight: float
    detail: str
    applies_to: str | None
    judgements: list[JudgementRow]


class RolloutRow(msgspec.Struct, frozen=True, gc=False):
    """A rollout and its reward."""

    scored_at: datetime
    """when its batch was answered, UTC"""
    request_id: str | None
    client: str | None
    protocol: str
    method: str
    recipe: str
    recipe_hash: str
    fingerprint: str
    """of the file ``fingerprints-<this>.json``"""
    id: str
    group_id: str
    reward: float | None
    detail: str | None
    components: list[ComponentRow]
    rollout: str | None
    """the rollout as it came, JSON; only with ``texts``"""


class VerdictRow(msgspec.Struct, frozen=True, gc=False):
    """An item that the judge was asked about under a rubric."""

    scored_at: datetime
    request_id: str | None
    client: str | None
    protocol: str
    method: str
    rubric: str
    prompt_hash: str | None
    fingerprint: str
    id: str
    status: str
    scores: list[ScoreRow]
    choice: str | None
    label: str | None
    value: float | None
    margin: float | None
    detail: str
    reason: str | None
    judgement: JudgementRow | None
    fields: str | None
    """the texts as they came, JSON; only with ``texts``"""


class ReplyRow(msgspec.Struct, frozen=True, gc=False):
    """What the judge's engine wrote to one prompt. A verdict that came from the cache has the key of its reply."""

    replied_at: datetime
    key: str
    """hash of everything that the reply depends on"""
    rubric: str
    prompt_hash: str
    fingerprint: str
    swapped: bool
    """the two answers stood in each other's place; the scores are as for the usual order"""
    status: str
    """``ok``, or ``unparseable_verdict``"""
    detail: str | None
    """why it is no verdict"""
    reply: str
    finish: str
    attempts: int
    """calls of the engine that it took"""
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    scores: list[ScoreRow]
    """as written"""
    expected: list[ScoreRow]
    """their means under the log probabilities, where those were asked for"""
    choice: str | None
    prompt: str | None
    """the messages that the engine was given, JSON; only with ``texts``"""


ROWS: dict[Kind, type[msgspec.Struct]] = {"rollouts": RolloutRow, "verdicts": VerdictRow, "replies": ReplyRow}
