"""What a scenario has in hand, and what it hands back."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from medreward.config import Settings
from medreward.contract import types as t
from tests.faults.ends import Blind
from tests.faults.load import Load
from tests.faults.oracle import Oracle
from tests.running import Cluster


class Unfit(Exception):
    """This machine lacks what the scenario needs; the message says what."""


@dataclass
class Stage:
    """A running cluster, and what is known of it."""

    cluster: Cluster
    settings: Settings
    """those it was started with"""
    oracle: Oracle
    rollouts: Mapping[int, t.Rollout]
    """the burst"""
    overload_s: float
    """seconds that an overload lasts"""
    directory: Path
    """for files of the scenario"""
    beside: Mapping[str, Any]
    """what stands behind the cluster: see ``places``"""

    @property
    def burst(self) -> int:
        """Rollouts of a burst."""
        return len(self.rollouts)

    def load(self, deadline_s: float = 60.0) -> Load:
        """The burst by both senders, again and again until the scenario ends; each request with that deadline."""
        return Load(self.cluster.url, self.rollouts, least=self.burst, deadline_s=deadline_s)


@dataclass
class Seen:
    """What a scenario saw, for the count."""

    load: Load
    recovery_s: float | None
    """seconds from the fault, or from its end where it lasts, until everything scored again"""
    blind: list[Blind] = field(default_factory=list)
    oracle: Oracle | None = None
    """where the scenario changes what scores: all that may score in it"""
    unmet: list[str] = field(default_factory=list)
    """what else should have come about, and did not"""
    notes: dict[str, float | int | str] = field(default_factory=dict)
    """figures of this scenario alone"""


class Scenario(NamedTuple):
    """One fault."""

    name: str
    place: str
    """name of the cluster that it wants, of ``places.PLACES``"""
    fault: str
    """what is broken, in words"""
    run: Callable[[Stage], Awaitable[Seen]]


class Place(NamedTuple):
    """A kind of cluster."""

    beside: Callable[[Path], contextlib.AbstractContextManager[Mapping[str, Any]]]
    """starts what stands behind it, in a directory; raises Unfit"""
    settings: Callable[[Mapping[str, Any], Path], dict[str, Any]]
    """settings over what stands behind it, beside those that all have"""
    start: Callable[[Path, Settings], contextlib.AbstractContextManager[Cluster]]


@contextlib.contextmanager
def nothing(directory: Path) -> Iterator[Mapping[str, Any]]:
    """Behind a cluster that needs nothing."""
    yield {}
