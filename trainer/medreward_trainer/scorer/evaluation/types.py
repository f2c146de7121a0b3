"""The content of ``metrics.json``. Keys are stable: a new one may come, none changes its meaning."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

FORMAT: Final = 1
CONFIDENCE: Final = 0.95
ALL: Final = "all"
"""the key of all kinds together"""
SCORER: Final = "scorer"
"""the method that is the checkpoint; the others are baselines"""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A number and its confidence interval, or the reason that there is none."""

    value: float | None
    low: float | None = None
    """end of the interval of 95 %; absent where one group says nothing about others"""
    high: float | None = None
    interval: Literal["bootstrap", "exact", "none"] = "none"
    """``exact``: no group differs, so resampling would claim certainty; Clopper and Pearson's bound over groups"""
    sound: int = 0
    """trajectories that it rests on"""
    unsound: int = 0
    pairs: int = 0
    """of a sound and an unsound one that were compared"""
    groups: int = 0
    """images, reports or cases that they belong to: what the interval is about"""
    absent: str = ""
    """why there is no value; empty where there is one"""

    def __post_init__(self) -> None:
        """Raises ValueError unless there is either a number or a reason."""
        if (self.value is None) != bool(self.absent):
            raise ValueError("an estimate has a value or the reason why not")
        for number in (self.value, self.low, self.high):
            if number is not None and not 0 <= number <= 1:
                raise ValueError(f"{number} is no share")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much data."""

    contrasts: int
    groups: int
    sound: int
    unsound: int
    kinds: dict[str, int]
    """trajectories by kind"""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """How well one method tells sound from unsound in a slice."""

    pairwise: dict[str, Estimate]
    """within a question, by kind of unsound trajectory; ``all``: every kind"""
    pairwise_twins: dict[str, Estimate]
    """the same of twins alone: each corrupted trajectory beside the sound one of its question that has most in common
    with it, two stages at least, word for word"""
    pairwise_by_form: dict[str, Estimate]
    """the same by kind of sound trajectory: none of the ways to be sound may be punished"""
    auc: dict[str, Estimate]
    """across questions, by kind of unsound trajectory; ``all``: every kind"""
    auc_within_writer: dict[str, Estimate]
    """across the questions of one writer, where there are several or it is a model"""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Trajectories whose value lies in the same tenth of [0, 1]."""

    value: float
    """their mean value"""
    sound: float
    """the share that is sound, both labels weighing the same"""
    count: int
    """trajectories"""


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """How far the calibrated value is the probability of being sound, both labels weighing the same."""

    share_sound: float
    """of the trajectories, as they are"""
    brier: Estimate
    """mean squared difference of value and label; 0 is best, 0.25 is that of saying 0.5 of all"""
    expected_calibration_error: Estimate
    """mean of ``|value - share sound|`` over the bins, by weight; 0 is best, few trajectories make it look worse"""
    bins: list[Bin]


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """Spearman's rank correlation, in [-1, 1], or the reason that there is none."""

    value: float | None
    count: int
    absent: str = ""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Trajectories that are looked at together."""

    what: str
    counts: Counts
    methods: dict[str, Measured]
    reliability: Reliability
    """of the scorer"""
    length_correlation: Correlation
    """of the scorer's value and the words of a trajectory, among sound ones: near 0 where length is no shortcut"""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """The scorer, or a baseline."""

    what: str
    absent: str = ""
    """why it could not be run; empty where it was"""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the scorer should reach on held-out data."""

    slice: str
    measure: Literal["pairwise accuracy", "AUC within one writer"]
    of: str
    """kind of unsound trajectory, or writer"""
    at_least: float
    estimate: Estimate
    verdict: Literal["met", "missed", "absent"]
    """by the value itself"""
    sure: bool
    """whether the whole interval lies on the verdict's side"""


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """Which checkpoint, and how."""

    name: str
    sha256: str
    backbone: str
    max_tokens: int
    seed: int
    """of the bootstrap and of the data"""
    resamples: int
    confidence: float = CONFIDENCE
    limit: int | None = None
    """contrasts of each source that were looked at, where not all were"""


class Metrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``metrics.json``."""

    evaluated: Evaluated
    data: dict[str, dict[str, Counts]]
    """by split and source"""
    cut: int
    """test trajectories that were too long to be read whole"""
    read: int
    """test trajectories"""
    methods: dict[str, Method]
    slices: dict[str, Slice]
    targets: list[Target]
    format: int = FORMAT
