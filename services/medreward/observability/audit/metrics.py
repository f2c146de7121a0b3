"""What the audit log tells of itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from medreward.observability.catalogue import counter, gauge
from medreward.observability.shared import make_shared_directory


class AuditMetrics:
    """Counts of one process; in a cluster ``/metrics`` of the ingress gathers them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Without a ``registry``, one of its own."""
        make_shared_directory()
        registry = registry or CollectorRegistry()
        records = counter("medreward_audit_records_total", registry)
        # both are there from the start, so that a rate has somewhere to begin
        self.written, self.dropped = records.labels("written"), records.labels("dropped")
        self.waiting = gauge("medreward_audit_waiting", registry)
