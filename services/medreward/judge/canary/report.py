"""What the judge's verdicts on a suite amount to.

``verdict`` expects each canary's own verdict. ``sound`` expects no knowledge of medicine (:mod:`sound`). In both an
absent verdict is not passed: it is no wrong number, but nothing has been shown by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from medreward.judge.canary.sound import defects
from medreward.judge.canary.suite import Case, Suite

Expect = Literal["verdict", "sound"]
_MOST_SHOWN = 300


class Answered(Protocol):
    """A verdict: an ``Outcome``, a ``Component``, or what a client decodes of one."""

    @property
    def status(self) -> str:
        """Of the contract."""

    @property
    def value(self) -> float | None:
        """There if and only if the status is ok."""

    @property
    def detail(self) -> str:
        """Why."""

    @property
    def explanation(self) -> Mapping[str, Any] | None:
        """With ``scores``, where the judge gave any."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A canary that was not passed."""

    id: str
    status: str
    expected: int | None
    """None: any verdict would have been sound"""
    got: float | None
    reason: str
    detail: str
    """the judge's own"""


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """The canaries of a kind."""

    kind: str
    summary: str
    total: int
    passed: int
    absent: int
    """of those not passed, without a verdict"""
    failures: list[Failure]

    @property
    def ratio(self) -> float:
        """Share that passed, from 0 to 1."""
        return self.passed / self.total


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a suite."""

    suite_version: int
    suite_hash: str
    expect: Expect
    total: int
    passed: int
    absent: int
    kinds: list[KindReport]

    @property
    def ok(self) -> bool:
        """Whether every canary passed."""
        return self.passed == self.total


def report(
    suite: Suite, results: Sequence[Answered], expect: Expect, again: Sequence[Answered] | None = None
) -> Report:
    """What ``results`` amount to.

    Args:
        suite: what was asked.
        results: one for each of its cases, in order.
        expect: ``verdict`` or ``sound``.
        again: the same asked a second time, for ``sound``.

    Raises:
        ValueError: there are not as many results as cases, or ``sound`` without ``again``.
    """
    if expect == "verdict":
        reasons = [_wrong(case, result) for case, result in zip(suite.cases, results, strict=True)]
    elif again is None:
        raise ValueError("again: required to tell whether verdicts are sound")
    else:
        reasons = defects(suite.cases, results, again)
    rows = list(zip(suite.cases, results, reasons, strict=True))
    kinds = [_kind(name, summary, [row for row in rows if row[0].kind == name], expect) for name, summary in _of(suite)]
    return Report(
        suite_version=suite.version,
        suite_hash=suite.hash,
        expect=expect,
        total=len(rows),
        passed=sum(kind.passed for kind in kinds),
        absent=sum(kind.absent for kind in kinds),
        kinds=kinds,
    )


def _of(suite: Suite) -> list[tuple[str, str]]:
    held = {case.kind for case in suite.cases}
    return [(name, summary) for name, summary in suite.kinds.items() if name in held]


def _wrong(case: Case, result: Answered) -> str | None:
    if result.value is None:
        return f"absent: {result.status}"
    if result.status != "ok":
        return f"status {result.status} with a value"
    return None if result.value == case.expected else f"{result.value:g} in place of {case.expected}"


def _kind(name: str, summary: str, rows: list[tuple[Case, Answered, str | None]], expect: Expect) -> KindReport:
    failures = [
        Failure(
            id=case.id,
            status=result.status,
            expected=case.expected if expect == "verdict" else None,
            got=result.value,
            reason=reason,
            detail=result.detail[:_MOST_SHOWN],
        )
        for case, result, reason in rows
        if reason is not None
    ]
    return KindReport(
        kind=name,
        summary=summary,
        total=len(rows),
        passed=len(rows) - len(failures),
        absent=sum(failure.got is None for failure in failures),
        failures=failures,
    )
