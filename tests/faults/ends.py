"""What a rollout came to, and the count that decides: nothing may be lost, and nothing invented.

A rollout is *lost* when neither a result nor a typed refusal came back, after all the sender's own attempts and its
deadline; when its reward is absent though no component is; and when a rule, which nothing but time may keep from its
value, has none. A value is *invented* when it is another than the undisturbed service gives, when the undisturbed
service gives none, or when what it takes was out of order all the while between question and answer.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from medreward.contract import types as t
from tests.faults.oracle import Oracle

_SHOWN = 8  # examples of what is wrong, at most
_LATE = frozenset({"timeout", "overloaded"})  # why a rule may have no value


@dataclass(slots=True)
class End:
    """One rollout on its way; whoever sent it writes down what came back."""

    number: int
    sender: str
    sent: float
    """seconds of ``time.monotonic``"""
    due: float = math.inf
    """its deadline"""
    at: float | None = None
    """when it came to its end"""
    result: t.Result | None = None
    fingerprint: t.Fingerprint | None = None
    refused: str = ""
    """code of a typed refusal"""
    lost: str = ""
    """why there is neither"""


class Blind(NamedTuple):
    """A service that gives nothing to be trusted between two moments."""

    service: str
    """``judge`` or ``scorer``"""
    start: float
    """seconds of ``time.monotonic``"""
    end: float


@dataclass
class Count:
    """What became of all of them."""

    sent: int = 0
    scored: int = 0
    absent: Counter[str] = field(default_factory=Counter)
    """results without a reward, by the status of the first component that is missing"""
    refused: Counter[str] = field(default_factory=Counter)
    """by code"""
    lost: int = 0
    invented: int = 0
    senseless: int = 0
    """of the absent, those that the undisturbed service does not score either"""
    late_s: float = 0.0
    """the most by which one came to its end after its deadline"""
    wrong: list[str] = field(default_factory=list)
    """some of the lost and invented ones, in words"""


def count(ends: Iterable[End], oracle: Oracle, blind: Sequence[Blind] = ()) -> Count:
    """Counts every rollout once; an invented one is counted beside what else it is."""
    found = Count()
    for end in ends:
        found.sent += 1
        if end.at is not None:
            found.late_s = max(found.late_s, end.at - end.due)
        if end.result is None:
            if end.refused:
                found.refused[end.refused] += 1
            else:
                found.lost += 1
                _note(found, f"{end.sender}: {end.number} lost: {end.lost or 'nothing came back'}")
            continue
        if end.result.reward is not None:
            found.scored += 1
        elif why := _baseless(end.number, end.result, oracle):
            found.lost += 1
            _note(found, f"{end.sender}: {end.number} lost: {why}")
        else:
            found.absent[_missing(end.result)] += 1
            found.senseless += oracle.senseless(end.number)
        why = oracle.invented(end.number, end.result, end.fingerprint) or _seen_blind(end, oracle, blind)
        if why:
            found.invented += 1
            _note(found, f"{end.sender}: {end.number} invented: {why}")
    return found


def _seen_blind(end: End, oracle: Oracle, blind: Sequence[Blind]) -> str:
    assert end.result is not None
    for one in blind:
        if end.at is None or not (one.start <= end.sent and end.at <= one.end):
            continue
        for name in oracle.needs(end.number, one.service):
            component = end.result.components.get(name)
            if component is not None and component.value is not None:
                return f"{name} is {component.value}, while the {one.service} gave nothing"
    return ""


def _baseless(number: int, result: t.Result, oracle: Oracle) -> str:
    """Why the reward need not have been absent; empty when it had to be."""
    if _missing(result) == "none":
        return "there is no reward, and no component is missing"
    for name in oracle.rules(number):
        component = result.components.get(name)
        if component is not None and component.value is None and component.status not in _LATE:
            return f"{name} is {component.status}, and needs neither judge nor scorer: {component.detail}"
    return ""


def _missing(result: t.Result) -> str:
    counted = (c for c in result.components.values() if c.applies_to is None and c.weight)
    return next((c.status for c in counted if c.status != "ok"), "none")


def _note(found: Count, line: str) -> None:
    if len(found.wrong) < _SHOWN:
        found.wrong.append(line)
