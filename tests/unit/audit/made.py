"""Audit logs in a directory, and what is handed to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from medreward.contract import types as t
from medreward.observability.audit.ingress import Asked, Audit
from medreward.observability.audit.log import AuditLog
from medreward.observability.audit.metrics import AuditMetrics
from medreward.observability.audit.reading import AuditFiles
from medreward.observability.audit.rows import RolloutRow
from medreward.observability.audit.settings import AuditSettings
from medreward.scoring.trail import Trail

ASKED = Asked("http", "score", "request-1", "trainer")
LIMIT_S = 60.0


class Kept:
    """A log with its numbers."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.settings = AuditSettings(dir=directory, **settings)
        self._registry = CollectorRegistry()
        self.log = AuditLog(directory, self.settings, AuditMetrics(self._registry))
        self.audit = Audit(self.log, texts=self.settings.texts)

    def score(self, *ids: str, text: str = "") -> None:
        """A batch of these rollouts, each of reward 1."""
        self.audit.scored(ASKED, request(*ids, text=text), reply(*ids), Trail())

    def count(self, outcome: str) -> int:
        """Records that were ``written`` or ``dropped``."""
        return int(self._registry.get_sample_value("medreward_audit_records_total", {"outcome": outcome}) or 0)

    @property
    def waiting(self) -> int:
        """Records that wait, as the metric says."""
        return int(self._registry.get_sample_value("medreward_audit_waiting") or 0)

    def written(self, count: int) -> None:
        """Returns once that many are."""
        until(lambda: self.count("written") >= count)


@contextmanager
def keeping(directory: Path, **settings: Any) -> Iterator[Kept]:
    """A log that is closed in the end."""
    kept = Kept(directory, **settings)
    try:
        yield kept
    finally:
        kept.log.close()


def request(*ids: str, text: str = "") -> t.ScoreRequest:
    return t.ScoreRequest(recipe="gemex", rollouts=[t.Rollout(id=one, group_id="g", response=text) for one in ids])


def reply(*ids: str) -> t.ScoreResponse:
    part = t.Component(status="ok", value=1.0, weight=1.0, detail="right")
    results = [t.Result(id=one, reward=1.0, components={"semantics": part}) for one in ids]
    made = t.Fingerprint("1.0", "gemex", "abc", judge={"engine": "embedded"})
    return t.ScoreResponse(results, made, t.Timing(queue=0.0, deterministic=0.0, total=1.0))


def ids(directory: Path) -> list[str]:
    """Of the rollouts in the files, in their order."""
    return [row.id for row in AuditFiles(directory, RolloutRow).rows()]


def names(directory: Path, pattern: str = "rollouts-*") -> list[str]:
    return sorted(path.name for path in directory.glob(pattern))


def until(holds: Callable[[], object]) -> None:
    """Waits until it holds; fails when it does not within a minute."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.01)
