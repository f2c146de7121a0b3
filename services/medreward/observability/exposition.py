"""What Prometheus scrapes: the counts of one process, or of all of a node."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from medreward.observability.shared import is_alive


class NodeCollector:
    """Sums what the processes of a node have written; see ``shared`` for how."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """The families, each once."""
        files = [str(file) for file in sorted(self._directory.glob("*.db")) if self._counts(file)]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        for metric in merged:
            if metric.name.endswith("_info"):
                # a file keeps what was once told: of an info that no longer holds, a 0
                metric.samples = [sample for sample in metric.samples if sample.value]
            if metric.samples:
                yield metric

    def _counts(self, file: Path) -> bool:
        # the last part of the name is the slot; a gauge of a process that is gone says nothing of now
        if file.name.startswith("gauge_live") and not is_alive(self._directory, file.stem.rpartition("_")[2]):
            return False
        try:
            # a process that starts just now has made it and not yet written its head
            return file.stat().st_size > 0
        except FileNotFoundError:
            return False


def node_exposition(directory: Path) -> bytes:
    """The text of all processes that count in ``directory``."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(directory))
    return generate_latest(registry)
