"""Refusals, in the form that clients of Kubernetes read."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """Answered with this HTTP code and a ``Status``."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason

    @property
    def status(self) -> dict[str, Any]:
        """The body."""
        kind = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        return {**kind, "reason": self.reason, "message": str(self), "code": self.code}
