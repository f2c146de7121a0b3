"""What can go wrong with a call, who raises it, and who sees it.

A caller sees :class:`RequestRefused` when the request itself is wrong (a programmer's error: another attempt would be
refused too), and :class:`ClientClosed`. That the service could not be reached is no exception but a
:class:`~medreward_trainer.client.types.Scored` that says so; only ``check``, made before a run starts, raises
:class:`ServiceLost`.

Inside, an endpoint raises :class:`Failure` (another attempt may work) or :class:`Refusal` (it will not).
"""

from __future__ import annotations

from typing import Any

from medreward.contract import FieldError


class RequestRefused(Exception):
    """The service does not take this request."""

    def __init__(self, code: str, field: str, message: str, rollout: str = "") -> None:
        where = f" (rollout {rollout!r})" if rollout else ""
        super().__init__(f"{code}: {field + ': ' if field else ''}{message}{where}")
        self.code = code
        """the service's code, such as ``invalid``, or ``http_401`` of what stands before it"""
        self.field = field
        """path of the field at fault, within the rollout where it is one of a rollout; may be empty"""
        self.message = message
        self.rollout = rollout
        """id of the rollout at fault; empty when the fault is none of a rollout"""

    def __reduce__(self) -> tuple[Any, ...]:
        # on the way between processes: a trainer's workers raise it too
        return RequestRefused, (self.code, self.field, self.message, self.rollout)


class ServiceLost(Exception):
    """The service was not to be reached in time."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return ServiceLost, (self.status, self.reason)


class ClientClosed(RuntimeError):
    """A call came after the client was closed, or from another event loop than the client's own."""


class Failure(Exception):
    """An attempt that led to no result."""

    def __init__(self, status: str, reason: str, *, gone: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.status = status
        """``timeout``, ``overloaded`` or ``unavailable``"""
        self.reason = reason
        self.gone = gone
        """nothing that speaks the contract answered"""
        self.retry_after_s = retry_after_s
        """what the service asks for; 0 when it asks for nothing"""

    @property
    def elsewhere(self) -> bool:
        """Whether another endpoint may do better at once."""
        return self.gone or self.status == "unavailable"


class Refusal(Exception):
    """The request is not taken, as often as it may be sent."""

    def __init__(self, code: str, message: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields
