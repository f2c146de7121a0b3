"""The wire types, as plain structs: what the HTTP JSON says, field for field.

``proto/medreward/v1/reward.proto`` is the source of these names; ``tests/contract`` compares the two.
A field that may be absent is ``None`` here and is left out of the JSON: there is no ``null`` and no NaN
on the wire.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

QUESTION_TYPES = ("open_ended", "closed_ended", "single_choice", "multi_choice")
BOX_SPACES = ("pixel", "grid1000")

Status = Literal["ok", "invalid_input", "unparseable_verdict", "timeout", "overloaded", "unavailable"]
"""only ``ok`` carries a value: a failure is never a number"""
STATUSES: tuple[Status, ...] = get_args(Status)


class Wire(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of every wire struct: unknown fields are refused, absent ones are not written."""


class Retry(Wire, frozen=True):
    """The second attempt of MEDSAGE's self-check-guided retry (section on self-check-guided RL)."""

    self_check: str = ""
    """the policy's structured self-check, raw text"""
    response: str | None = None
    """the revised response, raw text; it replaces ``Rollout.response`` in every component; required"""


class Region(Wire, frozen=True):
    """A labelled box of the reference."""

    label: str = ""
    box: list[float] = []
    """``x1, y1, x2, y2`` in pixels of the image given"""


class Reference(Wire, frozen=True):
    """What is right: the answer and the regions that show it."""

    answer: str = ""
    regions: list[Region] = []


class Image(Wire, frozen=True):
    """Size in pixels of the image the policy saw."""

    width: int = 0
    height: int = 0


class Rollout(Wire, frozen=True):
    """One policy output and what is needed to score it."""

    id: str = ""
    """echoed in the result; required"""
    group_id: str = ""
    """the prompt it was sampled from; rollouts of a group are compared with each other"""
    question: str = ""
    question_type: str = ""
    """one of ``QUESTION_TYPES``; required"""
    choices: dict[str, str] | None = None
    """letter -> text, for the choice questions"""
    context: str | None = None
    """caption or grounded report, given to the judge as visual context"""
    response: str | None = None
    """raw policy text; required, may be empty; a chat transcript is scored on its last assistant turn"""
    retry: Retry | None = None
    reference: Reference | None = None
    image: Image | None = None
    box_space: str | None = None
    """one of ``BOX_SPACES``: the space of the *predicted* boxes; absent means what the box syntax says"""


class ScoreRequest(Wire, frozen=True):
    """A batch to score by one recipe."""

    recipe: str = ""
    components: dict[str, float] = {}
    """reward name -> weight: a recipe of the moment; exactly one of ``recipe`` and ``components`` is given"""
    deadline_ms: int | None = None
    """milliseconds that the caller waits; every wait inside is bounded by what is left of it"""
    explain: bool = False
    rollouts: list[Rollout] = []


class Component(Wire, frozen=True, kw_only=True):
    """One reward of one rollout. ``value`` is there if and only if ``status`` is ``ok``."""

    status: Status
    value: float | None = None
    weight: float
    detail: str
    applies_to: str | None = None
    """``self_check_tokens``: credit for those tokens, not summed into the reward"""
    explanation: dict[str, Any] | None = None


class Stage(Wire, frozen=True):
    """A tagged part of the response; ``start`` and ``end`` count its characters as sent."""

    name: str
    text: str
    start: int
    end: int


class PredictedRegion(Wire, frozen=True):
    """A predicted box, ``x1, y1, x2, y2``; empty when what was written is no box."""

    label: str
    box: list[float]
    space: str
    start: int
    end: int


class Problem(Wire, frozen=True):
    """Something wrong in the response, by a stable code."""

    code: str
    message: str
    start: int
    end: int


class Trajectory(Wire, frozen=True):
    """The response as it was understood (with ``explain``)."""

    dialect: str
    stages: list[Stage] = []
    answer: str | None = None
    regions: list[PredictedRegion] = []
    problems: list[Problem] = []


class Result(Wire, frozen=True, kw_only=True):
    """The reward of one rollout and its breakdown."""

    id: str
    reward: float | None = None
    """absent when a component with weight is absent"""
    components: dict[str, Component]
    detail: str | None = None
    """why the reward is not the weighted sum: a gate of the recipe that was not passed"""
    trajectory: Trajectory | None = None


class Fingerprint(Wire, frozen=True):
    """What the numbers depend on: replies with equal fingerprints are comparable."""

    version: str
    recipe: str
    recipe_hash: str
    judge: dict[str, str] = {}
    scorer: dict[str, str] = {}


class JudgeCounts(Wire, frozen=True):
    """How the judge came to its verdicts; an entry that is 0 is not written."""

    asked: int = 0
    """judgements that were wanted"""
    short_cuts: int = 0
    """decided without a judge: the answer is empty, or equal to the reference"""
    cache_hits: int = 0
    coalesced: int = 0
    """equal to a judgement under way, of this request or of another"""
    engine_calls: int = 0
    """put to the engine, retries included"""
    retries: int = 0
    failed: int = 0
    """judgements without a verdict"""
    swapped: int = 0
    """asked a second time with the two answers exchanged"""
    low_references: int = 0
    """verdicts that score the reference itself low"""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """of the prompt's tokens, those found in the engine's prefix cache"""
    completion_tokens: int = 0


class Timing(Wire, frozen=True):
    """Milliseconds of a request's way."""

    queue: float
    """from arrival to the start of scoring: reading and decoding"""
    deterministic: float
    """parsing and the deterministic rewards"""
    total: float
    judge: float | None = None
    scorer: float | None = None
    judge_counts: JudgeCounts | None = None
    """absent when the judge was not asked"""


class ScoreResponse(Wire, frozen=True):
    """One result for each rollout, in the order of the request."""

    results: list[Result]
    fingerprint: Fingerprint
    timing_ms: Timing


class JudgeItem(Wire, frozen=True):
    """Texts to be judged under a rubric."""

    id: str = ""
    """echoed in the verdict"""
    fields: dict[str, str] = {}
    """the rubric's fields: name -> text"""


class JudgeRequest(Wire, frozen=True):
    """A batch for the judge under one rubric."""

    rubric: str = ""
    """name of the rubric; over HTTP it stands in the path"""
    deadline_ms: int | None = None
    explain: bool = False
    """ask for the reason too"""
    items: list[JudgeItem] = []


class Verdict(Wire, frozen=True, kw_only=True):
    """What the judge says of one item: scores or a choice, and only with status ``ok``.

    A short cut, which asks no judge, has the value that scores would have led to, and no scores.
    """

    id: str = ""
    status: Status
    scores: dict[str, float] = {}
    choice: str | None = None
    """letter of the option"""
    label: str | None = None
    """what the letter stands for"""
    value: float | None = None
    """of a rubric that compares two answers: 1 if they are close, else 0"""
    margin: float | None = None
    """how far the scores' difference lies from the border between 1 and 0, in points"""
    detail: str
    reason: str | None = None


class JudgeResponse(Wire, frozen=True):
    """One verdict for each item, in the order of the request."""

    verdicts: list[Verdict]
    fingerprint: dict[str, str]
    timing_ms: Timing
